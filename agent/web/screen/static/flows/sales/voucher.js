// A reward or a voucher in the sale at hand.

import { redeem, spend, offerWords } from "../../till/redeeming.js";
import { keyed, make } from "../../said/make.js";
import { say } from "../../said/words.js";

export function voucher({ till, panel, settings, tell, close, open }) {
  const field = panel.querySelector("#voucher-code");

  async function spendCode() {
    const code = field.value.trim();
    if (code && (await spend(till, code))) close();
  }

  async function choose(offer) {
    if (till.state.member.proofs?.length) open("proof", { offer });
    else if (await redeem(till, offer)) close();
  }

  function draw() {
    const buttons = till.offers.map((offer, i) => {
      const { worth, cost } = offerWords(offer, till, settings);
      const button = keyed(`${i + 1}`, worth, () => choose(offer), { data: { reward: offer.reward } });
      button.append(make("small", {}, cost));
      return button;
    });
    panel.querySelector("#rewards").replaceChildren(...buttons);
  }

  draw();
  if (!till.state.lines.length) tell("", say("amount_first"));
  return { forms: { voucher: spendCode }, changed: draw };
}
