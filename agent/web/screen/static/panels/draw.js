// Draw the whole screen from what the till knows, and ask behind the panel what the member did before.

import { get } from "../agent/api.js";
import { fill } from "../said/make.js";
import { say } from "../said/words.js";
import { idlePanel, whichOne } from "./idle.js";
import { tell, untell } from "./lines.js";
import { memberPanel } from "./member.js";
import { drawSale } from "./sale.js";

const PAST_MS = 80; // after the panel was drawn
let drawn = "";
let shownOther = null;
let lookedBack = null;

/** Draw it. The panel is drawn anew only when it says something else. */
export function draw(till, settings, act) {
  const { member, found, lines, sending, other, judged, last, parked, past } = till.state;
  document.body.dataset.state = sending ? "sending" : lines.length ? "sale" : member ? "member" : found.length ? "found" : "idle";
  drawSale(till, settings, act);
  const panel = JSON.stringify([member, found, judged, last, parked, lines.length > 0, past]);
  if (panel !== drawn) fill("member", panelOf(till, settings, act));
  drawn = panel;
  document.getElementById("member").classList.toggle("others", Boolean(other));
  if (other && other !== shownOther) tell("", say("other_screen", { name: other }));
  if (!other && shownOther) untell(say("other_screen", { name: shownOther }));
  shownOther = other;
  lookBack(till, member);
}

function panelOf(till, settings, act) {
  if (till.state.member) return memberPanel(till, settings, act);
  return till.state.found.length ? whichOne(till.state.found, act) : idlePanel(till, settings, act);
}

/** Ask what the member did before, once the panel is there: nobody waits for it. */
function lookBack(till, member) {
  const account = member?.account ?? null;
  if (account === lookedBack) return;
  lookedBack = account;
  if (!account || member.status !== "regular") return;
  setTimeout(async () => {
    const past = await get(`members/${account}/past`).catch(() => null);
    if (past && lookedBack === account) till.set({ past });
  }, PAST_MS);
}
