// Which key does what. A flow that is open has its own fields; without one, letters and digits belong to the sale.

import { Wedge } from "./wedge.js";

const FLOWS = { F1: "staff", F2: "find", F3: "enrol", F4: "voucher", F6: "card", F7: "refund", F8: "sales", F9: "park", F10: "undo" };
const STEP = { ArrowDown: 1, ArrowUp: -1 };

/** Listen to the keyboard; `act` says what may be done, `flows` which flow is open. */
export function listenToKeys(amount, act, flows) {
  const wedge = new Wedge(amount, act.command, act.scanned);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (taken(event)) event.preventDefault();
  });

  function taken(event) {
    const { key, target } = event;
    if (FLOWS[key]) {
      act.quiet();
      flows.open(FLOWS[key]);
      return true;
    }
    if (key === "Escape") {
      if (flows.name) flows.back();
      else act.clear();
      return true;
    }
    if (STEP[key] && target.closest(".choices, .ticks, #bar, .ways, .parked")) return step(target, STEP[key]);
    if (flows.name) return flows.pressed(event);
    if (target !== amount && target !== document.body && target.id !== "lines" && target.id !== "member") return false;
    if (act.choosing(key)) return true;
    if (wedge.pressed(event)) return true;
    if (key !== "Enter") return false;
    act.done();
    return true;
  }
}

/** The arrows go from button to button where there are several. */
function step(target, by) {
  const all = [...target.closest(".choices, .ticks, #bar, .ways, .parked").querySelectorAll("button, input")];
  all[(all.indexOf(target) + by + all.length) % all.length]?.focus();
  return true;
}
