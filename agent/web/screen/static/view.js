// From the state to the screen. Every text goes in as text, never as markup.

import { memberPanel } from "./member.js";
import { make, money } from "./make.js";

const byId = (id) => document.getElementById(id);
const fill = (id, children) => byId(id).replaceChildren(...children.filter(Boolean));

let drawnPanel = "";

/** Draw everything that depends on the state. `act` has a function for each thing a person may do. */
export function draw(state, settings, act) {
  drawPanel(state, settings, act);
  const categories = settings.categories;
  fill("categories", categories.map((name) => keyButton(act.keys.categories[name], name, () => act.add(name))));
  const lines = state.lines.length > 1 || state.redeemed.length ? state.lines : state.lines.filter((li) => li.category);
  fill("lines", [
    ...lines.map((line, i) => row(line.category ?? "Amount", line.amount, settings, () => act.remove(i))),
    ...state.redeemed.map((taken) => row(taken.label, -taken.value, settings, () => act.giveBack(taken.op))),
  ]);
  fill("offers", state.offers.map((offer, i) => offerButton(offer, i, state, settings, act)));
  fill("effects", state.effects.map((effect) => make("li", { class: effect.amount ? "" : "quiet" }, effect.text)));
  fill("sums", sums(state, settings));
  byId("done").disabled = !state.total;
  document.body.classList.toggle("sending", state.sending);
}

/** Draw the one line at the foot: what just happened, or what to do. */
export function drawNotice(notice) {
  byId("notice").className = notice.kind;
  fill("notice", [make("span", {}, notice.text), notice.hint && make("small", {}, notice.hint)]);
}

/** Draw the chips at the head: each has a name, a state (good, bad, unsure) and a title that says more. */
export function drawChips(chips) {
  fill("chips", chips.map(({ name, state, title }) => make("li", { class: state, title }, name)));
}

/** The panel is drawn anew only when it says something else: somebody may be typing in it. */
function drawPanel(state, settings, act) {
  const gains = state.member && !state.enrolling ? state.effects : [];
  const panel = JSON.stringify([state.enrolling, state.found, state.member, state.last, gains]);
  if (panel === drawnPanel) return;
  drawnPanel = panel;
  fill("member", [memberPanel(state, settings, act)]);
}

function keyButton(key, text, onclick) {
  return make("button", { type: "button", onclick, tabIndex: -1 }, make("kbd", {}, key), " ", text);
}

function row(text, amount, settings, remove) {
  const button = make("button", { type: "button", title: "Take off", onclick: remove, tabIndex: -1 }, "\u00d7");
  const classes = amount < 0 ? "redeemed" : "";
  return make("li", { class: classes }, make("span", {}, text), make("b", {}, money(amount, settings)), button);
}

function offerButton(offer, i, state, settings, act) {
  const worth = offer.free ? `${offer.label}: one free` : `${money(offer.value_max, settings)} off`;
  const units = `${offer.units_max.toLocaleString("en")} ${state.member.labels[offer.unit]}`;
  const cost = offer.free ? "the full card" : units;
  const button = keyButton(act.keys.offers[i] ?? "", worth, () => act.redeem(i));
  button.append(make("small", {}, state.total ? `for ${cost}` : "type the amount first"));
  button.disabled = !state.total;
  return button;
}

function sums(state, settings) {
  if (!state.total) return [];
  const rows = [["due", "To pay", state.due]];
  if (state.due !== state.total) rows.unshift(["total", "Total", state.total]);
  return rows.flatMap(([name, text, amount]) => [
    make("dt", { class: name }, text),
    make("dd", { class: name }, money(amount, settings)),
  ]);
}
