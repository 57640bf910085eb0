// Recording a sale: its body is kept under its op until there is an answer, so that it counts once whatever happens.

import { post } from "../agent/api.js";
import * as kept from "../agent/kept.js";
import { say } from "../said/words.js";

let onTheWay = false; // a sale was sent and its answer is awaited

/** Take up what a reload interrupted: the sale that has no answer yet, redemptions that no sale will use. */
export async function resume(till) {
  if (kept.sending()) await send(till);
  if (kept.sending()) return;
  const used = new Set([till.state, ...till.state.parked].flatMap(({ taken }) => taken.map(({ op }) => op)));
  for (const op of kept.redeemed().filter((one) => !used.has(one))) await till.undo(op);
}

/** Record the sale at hand, or send the one again that has no answer. */
export async function done(till) {
  if (onTheWay || !(till.state.sending || till.state.lines.length)) return;
  if (till.state.pushed) {
    till.tell("bad", say("pushed_hint", { name: till.state.pushed }));
    return;
  }
  if (!till.state.sending) {
    const { op, account, card, lines, taken } = till.hand();
    const who = account ? { account, ...(card && { card }) } : {};
    kept.keepSending({ op, ...who, lines, redemptions: taken.map((one) => one.op) });
  }
  await send(till);
}

async function send(till) {
  const body = kept.sending();
  onTheWay = true;
  till.set({ sending: true });
  try {
    const sale = await post("sales", body);
    body.redemptions.forEach(kept.dropRedeemed);
    if (sale.aside) till.tell("bad", say("without_loyalty"), say("without_loyalty_hint"));
    else till.tell("good", say("recorded"), sale.repeated ? say("recorded_before") : "");
  } catch (error) {
    till.complain(error);
    if (error.unknown) return; // it stays kept, and `sending` stays: Enter sends it again
    kept.dropSending();
    till.set({ sending: false });
    return;
  } finally {
    onTheWay = false;
  }
  kept.dropSending();
  till.state.sending = false;
  await till.pull();
  if (till.state.op === body.op) await till.put({ lines: [], taken: [], member: null, found: [], judged: null });
}
