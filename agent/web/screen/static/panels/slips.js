// A slip of which the printer cannot say whether it came out: the cashier is asked once.

import { post } from "../agent/api.js";
import { fill, keyed, make } from "../said/make.js";
import { say } from "../said/words.js";

let asked = null; // the op of the slip that is asked about

/** Draw the question, if there is one in the status of the slips. */
export function drawAsked(slips) {
  asked = slips?.asks?.[0]?.op ?? null;
  document.getElementById("asked").hidden = asked === null;
  fill("asked", asked && make("span", {}, say("slip_asked", { op: asked })),
    asked && keyed("J", say("slip_yes"), () => answer(true), { class: "main", data: { action: "slip-whole" } }),
    asked && keyed("K", say("slip_no"), () => answer(false), { data: { action: "slip-again" } }));
}

/** Say whether the slip came out whole. Returns whether there was a question. */
export function answer(whole) {
  const op = asked;
  if (op === null) return false;
  drawAsked(null);
  post("slips/word", { op, whole }).catch(() => drawAsked({ asks: [{ op }] }));
  return true;
}
