// What is said in one line: the notice at the foot, and the chips at the head that say how the till is.

import { get } from "../agent/api.js";
import { fill, make } from "../said/make.js";
import { complaint, say } from "../said/words.js";
import { drawAsked } from "./slips.js";

const NOTICE_MS = 12000;
const LOOK_MS = 1000; // a catch-up of sync says so with every batch
let noticeTimer = 0;
let lookTimer = 0;

/** Say what just happened, or what to do: `kind` is good, bad, bank or empty. What is bad interrupts who listens. */
export function tell(kind, text, hint = "") {
  const line = document.getElementById("notice");
  line.className = kind;
  line.setAttribute("role", kind === "bad" || kind === "bank" ? "alert" : "status");
  fill("notice", text && make("strong", {}, text), hint && make("span", {}, hint));
  clearTimeout(noticeTimer);
  if (text) noticeTimer = setTimeout(() => tell("", ""), NOTICE_MS);
}

/** Take a line back, unless another was said since. */
export function untell(text) {
  if (document.querySelector("#notice strong")?.textContent === text) tell("", "");
}

/** Look soon how the till is, for the chips. */
export function lookSoon() {
  lookTimer ||= setTimeout(look, LOOK_MS);
}

/** Say that the agent is silent. */
export function silent() {
  drawChips([{ name: say("agent"), state: "bad", title: say("agent_silent") }]);
}

/** Look how the till is. */
export async function look() {
  lookTimer = 0;
  const status = await get("status").catch(() => null);
  if (!status) return;
  const chips = (status.devices ?? []).map(deviceChip).filter(({ state }) => state !== "good");
  if (status.sync?.word && status.sync.word !== "alone") chips.push(hqChip(status.sync));
  const why = status.ledger?.why;
  if (why) chips.unshift({ name: say("selling_without_loyalty"), state: "bad", title: complaint(why) });
  drawChips(chips);
  drawAsked(status.slips);
  return status;
}

function deviceChip({ name, status, text }) {
  const good = status === "enabled";
  return { name: `${name}: ${text || status}`, state: good ? (text ? "unsure" : "good") : "bad", title: text || status };
}

/** How headquarters is: a word, and how old its news are once that is to be said. Never in the way of selling. */
function hqChip({ word, stale, age_ms: age, error }) {
  const name = stale ? say("news_old", { count: Math.max(Math.floor(age / 3600000), 1) }) : say("hq");
  return { name, state: stale || word === "failing" ? "unsure" : "good", title: error ?? word };
}

function drawChips(chips) {
  const marks = { good: "\u2713", unsure: "!", bad: "\u2717" };
  fill("chips", chips.map(({ name, state, title }) =>
    make("li", { class: state, title, data: { state } }, make("i", { aria: { hidden: "true" } }, marks[state]), make("span", {}, name),
      !name.includes(title) && make("span", { class: "unseen" }, `: ${title}`))));
}
