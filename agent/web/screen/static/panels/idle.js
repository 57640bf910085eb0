// The left half while nobody is served: read a card, or ask for one; the last sale; two cards that were read at once.

import { keyed, make } from "../said/make.js";
import { figure, say } from "../said/words.js";
import { punchedText } from "./punches.js";

/** Return the panel of nobody yet. */
export function idlePanel(till, settings, act) {
  const { last, lines, parked } = till.state;
  return make("div", { class: "idle", data: { panel: "idle" } },
    make("div", { class: "plastic", aria: { hidden: "true" } }, make("i", {}), make("b", {})),
    make("h2", {}, say(lines.length ? "ask_for_card" : "read_card")),
    make("p", { class: "ask" }, say("no_card_yet")),
    make("div", { class: "ways" },
      keyed("F3", say("new_member"), act.open("enrol"), { class: "main", data: { open: "enrol" } }),
      keyed("F2", say("search"), act.open("find"), { data: { open: "find" } }),
      keyed("I", say("policies"), act.open("policies"), { data: { open: "policies" } })),
    parked.length > 0 && make("div", { class: "parked" }, make("h3", {}, say("parked_sales")),
      parked.map((one, i) => keyed("", [one.name, settings.money(one.total)].filter(Boolean).join(" \u00b7 "),
        () => act.resume(i), { data: { action: "resume" } }))),
    last && lastSale(last, settings, act));
}

function lastSale(last, settings, act) {
  const gains = Object.entries(last.gains).map(([unit, amount]) => `+${figure(amount)} ${last.labels[unit] ?? unit}`);
  return make("div", { class: "last", data: { panel: "last", op: last.op } },
    make("p", {}, make("span", {}, say("last_sale")), make("b", {}, settings.money(last.due)),
      make("span", {}, [last.name, ...gains].filter(Boolean).join(" \u00b7 "))),
    keyed("F10", say("undo"), act.open("undo")));
}

/** Return the panel of several people: whose sale is it? */
export function whichOne(found, act) {
  return make("div", { class: "found", data: { panel: "found" } }, make("h2", {}, say("two_cards")),
    make("div", { class: "choices" }, personButtons(found, act.choose)));
}

/** What is had of each unit, in words; punch cards are told apart. */
function balances({ balances: held, labels, punch_cards: cards }) {
  const punched = new Set(cards.map((card) => card.card));
  return Object.entries(held).filter(([unit]) => !punched.has(unit)).map(([unit, units]) => `${figure(units)} ${labels[unit]}`);
}

/** Return a button for each person, with no more of him than tells him from the next. */
export function personButtons(found, choose) {
  return found.slice(0, 9).map((member, i) => {
    const held = [...balances(member), ...member.punch_cards.filter(({ punched }) => punched).map(punchedText)];
    const ends = member.phone_end ? ` \u2026${member.phone_end}` : "";
    const button = keyed(`${i + 1}`, (member.masked ?? member.name ?? say("new_card")) + ends, () => choose(i), { data: { action: "choose" } });
    button.append(make("small", {}, held.join(", ")));
    return button;
  });
}
