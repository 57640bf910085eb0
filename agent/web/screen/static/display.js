// The customer's display: what the agent says a customer may see, and nothing else. There is nothing to touch.

import { fill, make, money } from "./said/make.js";
import { figure, language, say, speak } from "./said/words.js";
import { listen } from "./agent/events.js";
import { punchCard } from "./panels/punches.js";

const THANKS_MS = 15000;
const MEMBER_MS = 120000; // a name does not stay longer without a sale: nobody says when a customer has gone away
const settings = JSON.parse(document.body.dataset.settings);
const amount = (minor) => money(minor, settings);
const spoken = { [language]: JSON.parse(document.body.dataset.strings) };
let latest = 0;
let timer = 0;

const views = { idle, member, sale, thanks };

/** Show what the agent says, in the customer's language once he is known. */
async function show(seen) {
  const mine = ++latest;
  const wanted = seen.language ?? language;
  spoken[wanted] ??= await fetch(`/strings/${wanted}`).then((answer) => answer.json()).catch(() => spoken[language]);
  if (mine !== latest) return;
  speak(wanted, spoken[wanted]);
  clearTimeout(timer);
  document.body.dataset.state = seen.state;
  fill("customer", views[seen.state](seen));
  const holds = { thanks: THANKS_MS, member: MEMBER_MS }[seen.state];
  if (holds) timer = setTimeout(() => show({ state: "idle" }), holds);
}

function idle() {
  const advert = settings.advert.length ? settings.advert : [say("display_advert")];
  return [
    make("h1", {}, say("display_welcome")),
    ...advert.map((text) => make("p", { class: "advert" }, text)),
  ];
}

function greeting({ name, tier }) {
  const hello = name ? say("display_greeting", { name }) : say("display_welcome");
  return make("h1", {}, hello, tier && make("span", { class: "tier" }, tier));
}

function member(seen) {
  const balance = balances(seen);
  return [
    greeting(seen),
    balance.length && make("p", { class: "called" }, say("display_balance")),
    ...balance,
    ...cards(seen),
  ];
}

function sale(seen) {
  const punched = new Set(seen.punch_cards.map((card) => card.card));
  const gains = seen.balances.filter(({ unit, gain }) => gain > 0 && !punched.has(unit));
  return [
    seen.name ? greeting(seen) : make("h1", {}, settings.name),
    make("p", { class: "due" }, make("span", {}, say("to_pay")), make("b", {}, amount(seen.due))),
    seen.due !== seen.total && make("p", { class: "total" }, make("span", {}, say("total")), make("s", {}, amount(seen.total))),
    gains.length && make("p", { class: "called" }, say("display_this_sale")),
    ...gains.map(({ gain, label }) => make("p", { class: "gain" }, make("b", {}, `+${figure(gain)}`), " ", label)),
    ...cards(seen),
    !seen.member && make("p", { class: "advert" }, say("display_advert")),
  ];
}

function thanks(seen) {
  return [
    make("h1", {}, seen.name ? say("display_thanks_name", { name: seen.name }) : say("display_thanks")),
    ...balances(seen),
    ...cards(seen),
  ];
}

function balances({ balances: held, punch_cards: drawn }) {
  const punched = new Set(drawn.map((card) => card.card));
  return held.filter(({ unit }) => !punched.has(unit)).map(({ units, label, gain }) => make("p", { class: "balance" },
    make("b", {}, figure(units)), " ", label, gain > 0 && make("span", { class: "plus" }, `+${figure(gain)}`)));
}

function cards({ state, punch_cards: drawn, balances: held }) {
  const coming = state === "thanks" ? [] : held; // what the sale brought is punched by then
  const gains = Object.fromEntries(coming.map(({ unit, gain }) => [unit, gain]));
  return drawn.map((card) => punchCard(card, gains[card.card] ?? 0, "h2"));
}

listen({ display: show, programme: () => location.reload() },
  () => document.body.classList.remove("silent"),
  () => document.body.classList.add("silent"));
show({ state: "idle", balances: [], punch_cards: [] });
