// The left half while somebody is served: who it is, what he has, what he may have, and what this sale brings him.

import { keyed, make } from "../said/make.js";
import { figure, say, titled } from "../said/words.js";
import { offerWords } from "../till/redeeming.js";
import { punchCard } from "./punches.js";

/** What the sale will add, by unit. */
export function gainsOf(judged) {
  const gains = {};
  for (const { unit, amount, rule, account } of judged?.effects ?? []) {
    if (rule !== "tiers" && !account) gains[unit] = (gains[unit] ?? 0) + amount;
  }
  return gains;
}

/** Return the member's panel. */
export function memberPanel(till, settings, act) {
  const { member, judged } = till.state;
  const gains = gainsOf(judged);
  const punched = new Set(member.punch_cards.map((card) => card.card));
  const units = Object.keys(member.balances).filter((unit) => !punched.has(unit));
  return make("div", { class: `card ${member.status}`, data: { panel: "member", account: member.account } },
    who(member),
    warning(member, act),
    told("notices", [birthday(member), ...member.notices.map((notice) => notice.text)]),
    told("perks", member.perks),
    past(till.state.past, member),
    ...units.map((unit) => balance(member, unit, gains[unit] ?? 0)),
    ...credits(member, settings),
    ...member.punch_cards.map((card) => punchCard(card, gains[card.card] ?? 0)),
    offers(till, settings, act),
    brings(judged),
    !judged && member.nearest && !punched.has(member.nearest.unit) && nearest(member, settings));
}

function who(member) {
  const name = member.name ?? say(member.status === "provisional" ? "new_card" : "member");
  return make("div", { class: "who" },
    make("h2", { id: "who" }, name),
    member.tier && make("span", { class: "tier" }, member.tier));
}

function warning(member, act) {
  if (member.status === "provisional") {
    return make("div", { class: "hint" }, make("p", {}, say("provisional")),
      keyed("F3", say("join_now"), act.open("enrol"), { class: "main" }));
  }
  if (member.status === "blocked") return make("p", { class: "hint bad" }, say("blocked"));
  return member.spends === false && make("p", { class: "hint" }, say("only_collects"));
}

function birthday(member) {
  return member.birthday && say("birthday", { name: member.name ?? say("member") });
}

/** When he was last here, and what he usually buys if he agreed to that. */
function past(seen, member) {
  if (seen?.account !== member.account || !seen.last_visit) return null;
  const day = new Date(`${seen.last_visit}T12:00:00`).toLocaleDateString(document.documentElement.lang, { day: "numeric", month: "long" });
  const usual = seen.usual?.length ? say("usually", { articles: seen.usual.join(", ") }) : "";
  return make("p", { class: "past" }, [say("last_visit", { day }), usual].filter(Boolean).join(" \u00b7 "));
}

/** What the cashier tells the customer: what is about to end, or what there is for him. */
function told(name, texts) {
  const said = texts.filter(Boolean);
  return said.length > 0 && make("ul", { class: name }, said.map((text) => make("li", {}, text)));
}

function balance(member, unit, gain) {
  return make("p", { class: "balance" },
    make("b", {}, figure(member.balances[unit])), " ", make("span", {}, member.labels[unit]),
    gain > 0 && make("span", { class: "gain" }, `+${figure(gain)}`),
    member.spendable?.[unit] < member.balances[unit] && make("small", {}, say("spendable", { count: member.spendable[unit] })));
}

function credits(member, settings) {
  const held = Object.entries(member.credit ?? {}).filter(([, amount]) => amount > 0);
  return held.map(([unit, amount]) => make("p", { class: "credit" },
    make("span", {}, member.labels[unit] ?? unit), make("b", {}, settings.money(amount))));
}

function offers(till, settings, act) {
  const ready = till.offers;
  if (!ready.length) return null;
  const buttons = ready.slice(0, act.offerKeys.length).map((offer, i) => {
    const { worth, cost } = offerWords(offer, till, settings);
    const button = keyed(act.offerKeys[i], worth, () => act.redeem(i), { class: "offer", data: { action: "redeem", reward: offer.reward } });
    button.append(make("small", {}, till.state.lines.length ? cost : say("amount_first")));
    return button;
  });
  return make("div", { class: "offers" }, make("h3", {}, say("may_spend")), buttons);
}

/** What this sale brings, rule by rule, and what did not apply and why. */
function brings(judged) {
  if (!judged || !(judged.effects.length || judged.missed.length)) return null;
  return make("div", { class: "brings" }, make("h3", {}, say("this_sale_brings")),
    make("ul", {},
      judged.effects.map((effect) => make("li", { class: effect.amount > 0 ? "plus" : "" }, make("span", {}, effect.text))),
      judged.missed.map((missed) => make("li", { class: "missed" }, make("span", {}, titled(missed.title, missed.text))))));
}

function nearest(member, settings) {
  const { reward, unit, unit_label: called, missing } = member.nearest;
  const label = reward in settings.worth ? say("off", { amount: settings.money(settings.worth[reward]) }) : member.nearest.label;
  const held = Math.max(member.balances[unit], 0);
  return make("div", { class: "nearest" },
    make("h3", {}, make("span", {}, label), make("small", {}, say("units_to_go", { count: missing, unit: called }))),
    make("progress", { max: held + missing, value: held, aria: { label } }));
}
