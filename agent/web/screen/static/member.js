// The left half: nobody yet, the member, several to choose from, or the form that makes one.

import { make, money } from "./make.js";

/** Return the panel for the state. */
export function memberPanel(state, settings, act) {
  if (state.enrolling) return enrolForm(state, act);
  if (state.found.length) return foundList(state.found, act);
  return state.member ? memberCard(state.member, gained(state.effects), act) : idlePanel(state, settings, act);
}

function idlePanel(state, settings, act) {
  return make("div", { class: "idle" },
    make("div", { class: "plastic" }, make("i", {}), make("b", {})),
    make("h2", {}, "Read the customer's card"),
    findForm(act),
    keyed("N", "New member", act.enrol),
    state.last && lastSale(state.last, settings));
}

function findForm(act) {
  const input = make("input", { id: "find", placeholder: "number, phone or name", maxLength: 80 });
  input.autocomplete = "off";
  const form = make("form", { class: "find" }, make("kbd", {}, "F"), input);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act.find(input.value);
  });
  return form;
}

function lastSale(last, settings) {
  const said = [last.name, ...last.texts].filter(Boolean).join(" \u00b7 ");
  return make("p", { class: "last" }, make("span", {}, "Last sale"), make("b", {}, money(last.due, settings)), said);
}

/** What the sale will add, by unit. */
function gained(effects) {
  const gains = {};
  for (const { unit, amount } of effects) gains[unit] = (gains[unit] ?? 0) + amount;
  return gains;
}

function memberCard(member, gains, act) {
  const punched = new Set(member.punch_cards.map((card) => card.card));
  const units = Object.keys(member.balances).filter((unit) => !punched.has(unit));
  return make("div", { class: `card ${member.status}` },
    make("div", { class: "who" },
      make("h2", {}, member.name ?? (member.status === "provisional" ? "New card" : "Member")),
      member.tier && make("span", { class: "tier" }, member.tier)),
    told("notices", member.notices.map((notice) => notice.text)),
    told("perks", member.perks),
    ...units.map((unit) => make("p", { class: "balance" },
      make("b", {}, member.balances[unit].toLocaleString("en")), " ", member.labels[unit],
      gains[unit] > 0 && make("span", { class: "gain" }, `+${gains[unit].toLocaleString("en")}`))),
    ...member.punch_cards.map((card) => punchCard(card, gains[card.card] ?? 0)),
    member.nearest && !punched.has(member.nearest.unit) && nearest(member),
    member.status === "provisional" && make("div", { class: "hint" },
      make("p", {}, "This card earns from today. Rewards follow once the customer has joined."),
      keyed("N", "Join now", act.enrol)),
    member.status === "blocked" && make("p", { class: "hint bad" }, "This card is blocked: it earns nothing."));
}

/** What the cashier tells the customer: what is about to end, or what there is for him. */
function told(name, texts) {
  return texts.length > 0 && make("ul", { class: name }, ...texts.map((text) => make("li", {}, text)));
}

function punchCard(card, gain) {
  const places = Array.from({ length: card.of }, (_, i) => {
    const coming = i < card.punched + gain ? "coming" : "";
    return make("i", { class: `${i < card.punched ? "punched" : coming} ${i === card.of - 1 ? "free" : ""}` });
  });
  const left = card.of - 1 - card.punched;
  const ariaLabel = `${card.punched} of ${card.of - 1}`;
  return make("div", { class: "punches" },
    make("h3", {}, card.label, make("span", {}, left > 0 ? `${left} to go` : "one is free")),
    make("div", { class: "places", role: "img", ariaLabel }, ...places));
}

function nearest(member) {
  const { label, unit, unit_label: called, missing } = member.nearest;
  const held = Math.max(member.balances[unit], 0);
  return make("div", { class: "nearest" },
    make("h3", {}, label, make("span", {}, `${missing.toLocaleString("en")} ${called} to go`)),
    make("progress", { max: held + missing, value: held }));
}

function foundList(found, act) {
  return make("div", { class: "found" }, make("h2", {}, "Which one?"),
    ...found.slice(0, 9).map((member, i) => {
      const held = Object.entries(member.balances).map(([unit, units]) => `${units} ${member.labels[unit]}`);
      const ends = member.phone_end ? ` \u2026${member.phone_end}` : "";
      const button = keyed(String(i + 1), (member.name ?? "New card") + ends, () => act.choose(i));
      button.append(make("small", {}, held.join(", ")));
      return button;
    }));
}

function enrolForm(state, act) {
  const name = make("input", { id: "enrol-name", autocomplete: "off", maxLength: 80 });
  const phone = make("input", { id: "enrol-phone", autocomplete: "off", inputMode: "tel", maxLength: 24 });
  const form = make("form", { class: "enrol" },
    make("h2", {}, state.member ? "Join with this card" : "New member"),
    make("label", {}, "Name", name),
    make("label", {}, "Phone", phone),
    make("button", { class: "main" }, make("kbd", {}, "Enter"), " Join"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act.join(name.value.trim(), phone.value.trim());
  });
  return form;
}

function keyed(key, text, onclick) {
  return make("button", { type: "button", onclick, tabIndex: -1 }, make("kbd", {}, key), ` ${text}`);
}
