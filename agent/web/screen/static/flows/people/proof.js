// A member who was looked up wants to spend: his card, his PIN, or the code on his last slip.

import { redeem } from "../../till/redeeming.js";
import { say } from "../../said/words.js";

export function proof({ till, panel, tell, close, wantCard, given }) {
  const { proofs, account } = till.state.member;
  for (const kind of ["pin", "slip"]) panel.querySelector(`[data-proof=${kind}]`).hidden = !proofs.includes(kind);
  panel.querySelector("form").hidden = !(proofs.includes("pin") || proofs.includes("slip"));

  async function prove() {
    const [pin, slip] = ["pin", "slip"].map((kind) => panel.querySelector(`#proof-${kind}`).value.trim());
    if (!pin && !slip) return;
    if (await redeem(till, given.offer, pin ? { pin } : { slip })) close();
  }

  async function card(member) {
    if (member.account !== account) {
      tell("bad", say("another_card"), say("another_card_hint"));
      return;
    }
    await till.show(member);
    if (await redeem(till, given.offer)) close();
  }

  wantCard();
  return { forms: { proof: prove }, card };
}
