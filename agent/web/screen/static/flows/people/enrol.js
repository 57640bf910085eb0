// A new member in ten seconds: the card that lies there, and a phone number or a name. The rest can wait.

import { newOp, post } from "../../agent/api.js";
import { answerOf, tick } from "./data.js";
import { say } from "../../said/words.js";

export function enrol({ till, panel, settings, tell, close, wantCard }) {
  const op = newOp(); // one for the form: sent twice it makes one member
  const value = (id) => panel.querySelector(`#enrol-${id}`).value.trim();
  let provisional = till.state.member?.status === "provisional" ? till.state.member : null;
  let typedCard = null;

  function drawCard() {
    const line = panel.querySelector("#enrol-card");
    line.textContent = say(provisional || typedCard ? "enrol_with_card" : "enrol_read_card");
    line.classList.toggle("good", Boolean(provisional || typedCard));
  }

  function card(member) {
    if (member.status !== "provisional") {
      tell("bad", say("card_taken"), say("card_taken_hint"));
      return;
    }
    provisional = member;
    drawCard();
    panel.querySelector("#enrol-name").focus();
  }

  async function join() {
    const name = value("name");
    if (/^[0-9 ]{8,}$/.test(name)) { // a reader that types put the card's number there
      typedCard = name;
      panel.querySelector("#enrol-name").value = "";
      drawCard();
      return;
    }
    const body = { op, language: panel.querySelector("#enrol-language").value };
    const rest = { name, phone: value("phone"), birthday: value("birthday"), email: value("email"), referred_by: value("friend") };
    for (const [field, text] of Object.entries(rest)) if (text) body[field] = text;
    const ticks = [...panel.querySelectorAll("#enrol-consents input")];
    if (ticks.length) body.consents = ticks.map(answerOf);
    if (provisional) body.account = provisional.account;
    else if (typedCard) body.card = typedCard;
    if (!body.name && !body.phone) {
      tell("bad", say("name_or_phone"));
      return;
    }
    const joined = await till.trying(() => post("members", body));
    if (!joined) return;
    await till.show(joined.member);
    tell("good", joined.member.name ? say("welcome", { name: joined.member.name }) : say("welcome_nobody"));
    close();
  }

  panel.querySelector("#enrol-consents").append(...settings.consents.map(tick));
  panel.querySelector("#enrol-consents").hidden = !settings.consents.length;
  drawCard();
  wantCard();
  return { forms: { enrol: join }, card };
}
