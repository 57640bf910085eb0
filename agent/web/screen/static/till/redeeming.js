// Rewards and vouchers in the sale at hand: each is an entry of its own, and the sale names its op.

import { newOp, post } from "../agent/api.js";
import * as kept from "../agent/kept.js";
import { money } from "../said/make.js";
import { figure, say } from "../said/words.js";

/** Redeem an offer; its op is kept before it is sent, so that it can be given back whatever happens.
 *  `proof` is { pin } or { slip } of a member who was looked up. Returns whether it was taken. */
export async function redeem(till, offer, proof = {}) {
  const { member, sending, pushed } = till.state;
  if (sending || pushed) return false;
  if (!till.state.lines.length) {
    till.tell("bad", say("amount_first"));
    return false;
  }
  const card = member.card ? { card: member.card } : {};
  const body = { account: member.account, ...card, reward: offer.reward, ...proof };
  if (offer.free) body.value = offer.value_max;
  else body.units = offer.units_max;
  return take(till, body, (taken) => (offer.free ? offer.label : `${figure(taken.units)} ${member.labels[taken.unit]}`));
}

/** Spend a voucher by its code. */
export function spend(till, code) {
  return take(till, { code }, (taken) => taken.label);
}

/** Take something back out of the sale. */
export async function giveBack(till, op) {
  if (till.state.sending || !(await till.undo(op))) return;
  await till.put({ taken: till.state.taken.filter((taken) => taken.op !== op), judged: null }, { again: true });
}

/** What an offer is worth and what it costs, in words. */
export function offerWords(offer, till, settings) {
  const worth = offer.free ? say("one_free", { label: offer.label }) : say("off", { amount: money(offer.value_max, settings) });
  const units = `${figure(offer.units_max)} ${till.state.member.labels[offer.unit] ?? offer.unit}`;
  return { worth: offer.value_max || offer.free ? worth : offer.label, cost: say(offer.free ? "for_full_card" : "for_units", { units }) };
}

async function take(till, asked, called) {
  const body = { op: newOp(), ...asked };
  kept.keepRedeemed(body.op);
  try {
    const taken = await post("redemptions", body);
    if (body.reward && taken.vouchers.length) return printed(till, body.op, taken.label);
    const one = { op: body.op, label: called(taken), value: taken.value };
    await till.put({ taken: [...till.state.taken, one], judged: null }, till.state.member ? { again: true } : {});
    till.tell("good", say("redeemed", { label: one.label }));
    return true;
  } catch (error) {
    till.complain(error);
    await till.undo(body.op);
    return false;
  }
}

/** A reward that is a voucher belongs to no sale: it is printed, and spent by its code. */
async function printed(till, op, label) {
  kept.dropRedeemed(op);
  await till.put({ judged: null }, { again: true });
  till.tell("good", say("redeemed", { label }), say("slip_coming"));
  return true;
}
