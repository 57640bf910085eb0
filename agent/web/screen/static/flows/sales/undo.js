// Undo: the last sale of this till is taken back whole, after a look at what that comes to.

import { newOp, post } from "../../agent/api.js";
import { make } from "../../said/make.js";
import { figure, say } from "../../said/words.js";
import { refundSays } from "./refund.js";

export function undo({ till, panel, settings, tell, close }) {
  const last = till.state.last;
  const says = panel.querySelector("#undo-says");
  const op = newOp();
  const go = panel.querySelector("[data-action=go]");
  if (!last?.lines?.length) {
    says.replaceChildren(make("p", {}, say("nothing_to_undo")));
    go.disabled = true;
    return {};
  }
  const gains = Object.entries(last.gains).map(([unit, amount]) => `+${figure(amount)} ${last.labels[unit] ?? unit}`);
  const lines = last.lines.map(({ line, quantity }) => ({ sale: last.op, line, quantity: String(quantity / 1000) }));
  const asked = { lines, ...(last.account && { account: last.account }) };
  says.replaceChildren(make("p", { class: "big" }, settings.money(last.due)), make("p", {}, [last.name, ...gains].filter(Boolean).join(" \u00b7 ")));
  till.trying(() => post("preview_refund", asked)).then((preview) => preview && says.append(refundSays(preview, settings)));

  async function take() {
    const done = await till.trying(() => post("voids", { op, sale: last.op }));
    if (!done) return;
    tell("good", say("undone"), say("give_back", { amount: settings.money(done.money) }));
    till.set({ last: null });
    close();
  }

  return { forms: { undo: take } };
}
