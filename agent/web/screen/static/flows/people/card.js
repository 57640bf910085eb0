// Cards and data of the member at hand: a menu, and one step for each thing that can be done.

import { get, newOp, post } from "../../agent/api.js";
import { keyed, make } from "../../said/make.js";
import { say } from "../../said/words.js";
import { dataSteps } from "./data.js";

export function card({ till, panel, tell, close, open, wantCard }) {
  const member = till.state.member;
  if (!member || member.status === "provisional") {
    setTimeout(() => open(member ? "enrol" : "find"));
    tell("bad", say(member ? "join_first" : "member_first"));
    return {};
  }
  const part = (id) => panel.querySelector(`#card-${id}`);
  const path = (name) => `members/${member.account}/${name}`;
  let op = newOp();
  let step = null;
  let read = null; // the id of a card that was read for this step

  /** Send a step's request; the op is the step's, so that twice is once. */
  async function change(name, body, done) {
    const made = await till.trying(() => post(path(name), { op, ...body }));
    if (!made) return false;
    op = newOp();
    const shows = name.endsWith("replacement") ? { member: { ...member, card: made.card } } : {};
    await till.put(shows, { again: true });
    tell("good", done);
    close();
    return true;
  }

  const lost = () => ({ lost: part("lost").value });
  const number = () => (read ? `read:${read}` : part("number").value.trim());
  const steps = {
    replace: { fields: ["lost", "new"], send: () => number() && change("cards/replacement", { card: number(), ...lost() }, say("card_replaced")) },
    block: { fields: ["lost"], send: () => change("cards/block", lost(), say("card_blocked")) },
    link: { fields: ["new", "role"], send: () => number()
      && change("cards", { card: number(), role: part("earns").checked ? "earn" : "spend" }, say("card_linked")) },
  };
  const data = dataSteps({ till, panel, member, change });

  /** Show a step's form, or the menu. */
  function show(name) {
    step = name;
    read = null;
    part("menu").hidden = Boolean(name);
    for (const form of panel.querySelectorAll("form")) form.hidden = true;
    const own = steps[name];
    const form = own ? panel.querySelector("[data-form=cards]") : name && panel.querySelector(`[data-form=${name}]`);
    if (!form) return part("menu").querySelector("button")?.focus();
    form.hidden = false;
    panel.querySelector("#flow-title").textContent = say(`card_${name}`);
    for (const field of ["lost", "new", "role"]) part(`with-${field}`).hidden = !(own?.fields ?? []).includes(field);
    if (own?.fields.includes("new")) wantCard();
    [...form.querySelectorAll("input, select, button")].find((field) => field.offsetParent)?.focus();
    return undefined;
  }

  async function begin() {
    const details = await till.trying(() => get(path("details")));
    if (!details) return;
    part("who").textContent = [details.masked, details.phone_end && `\u2026${details.phone_end}`, details.email].filter(Boolean).join(" \u00b7 ");
    const cards = details.cards.filter(({ role, kind }) => role !== "blocked" && (kind === "number" || kind === "chip"));
    part("lost").replaceChildren(...cards.map((one) =>
      make("option", { value: one.card }, [`\u2026${one.end}`, one.masked].filter(Boolean).join(" \u00b7 "))));
    const names = [...(cards.length ? ["replace", "block"] : []), "link", ...data.begin(details)];
    part("menu").replaceChildren(...names.map((name, i) =>
      keyed(`${i + 1}`, say(`card_${name}`), () => (data.now[name] ?? (() => show(name)))(), { data: { action: name } })));
    show(null);
  }

  begin();
  return {
    forms: { cards: () => steps[step].send(), ...data.forms },
    card: (other) => {
      read = other.card;
      part("read").textContent = say("enrol_with_card");
      part("read").classList.add("good");
      steps[step]?.send();
    },
    back: () => {
      if (!step) return false;
      panel.querySelector("#flow-title").textContent = say("card_title");
      show(null);
      return true;
    },
  };
}
