// What time does to a page that stays open: a customer who went away is put away, a sale of yesterday is said to be one,
// and a page that saw midnight is loaded anew between two customers.

import { say } from "../said/words.js";

const LOOK_MS = 30000;
const AWAY_MS = 15 * 60000; // a card that was read so long ago, with nothing bought since, is nobody's any more
const began = day();

/** Look at the clock now and then; `reload` loads the page anew. */
export function watchTheClock(till, reload) {
  function look() {
    const { member, lines, sending } = till.state;
    if (Date.now() - till.at > AWAY_MS && member && !lines.length && !sending) till.clear();
    else if (day() !== began && till.idle) reload();
    else if (day(till.at) !== day() && lines.length) till.tell("bad", say("of_yesterday"), say("of_yesterday_hint"));
  }

  setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    till.pull().then(look);
  });
}

function day(at = Date.now()) {
  return new Date(at).toDateString();
}
