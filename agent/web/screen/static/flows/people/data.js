// What a member said of himself: corrections, consents, PIN, slips he asks for, leaving. Steps of the flow `card`.

import { newOp, post } from "../../agent/api.js";
import { make } from "../../said/make.js";
import { say, titled } from "../../said/words.js";

/** Return the steps: `begin(details)` names those there are, `now` are done without a form, `forms` by name. */
export function dataSteps({ till, panel, member, change }) {
  const value = (id) => panel.querySelector(`#card-${id}`).value.trim();

  function begin(details) {
    panel.querySelector("#card-language").value = details.language ?? document.documentElement.lang;
    panel.querySelector("#card-questions").replaceChildren(...details.consents.map((one) => tick(one)));
    const asks = details.consents.length ? ["consents"] : [];
    const whole = details.whole ? ["correct", ...asks, "pin"] : asks;
    return [...whole, "balance", ...(member.referral_code ? ["friend"] : []), "leave"].slice(0, 6);
  }

  function correct() {
    const said = { name: value("name"), phone: value("phone"), email: value("email"), birthday: value("birthday"), language: value("language") };
    return change("corrections", Object.fromEntries(Object.entries(said).filter(([, text]) => text)), say("data_corrected"));
  }

  function consents() {
    const ticks = [...panel.querySelectorAll("#card-questions input")];
    return change("consents", { consents: ticks.map(answerOf) }, say("consents_kept"));
  }

  const print = (kind) => () => till.trying(() => post(`members/${member.account}/slips`, { op: newOp(), kind }))
    .then((printed) => printed && till.tell("good", say("slip_coming")));

  return {
    begin,
    now: { balance: print("balance"), friend: print("referral") },
    forms: {
      correct,
      consents,
      pin: () => value("pin") && change("pin", { pin: value("pin"), ...(member.card && { card: member.card }) }, say("pin_set")),
      leave: async () => (await change("leaving", {}, say("has_left"))) && till.clear(),
    },
  };
}

/** A question of consent as a tick: yes where it was said. */
export function tick({ purpose, channel, given }) {
  const box = make("input", { type: "checkbox", checked: given === true, data: { purpose, channel } });
  return make("label", { class: "tick" }, box, make("span", {}, titled(say(`purpose_${purpose}`), say(`channel_${channel}`))));
}

/** What a tick says. */
export const answerOf = ({ dataset, checked }) => ({ purpose: dataset.purpose, channel: dataset.channel, given: checked });
