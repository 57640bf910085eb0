// Goods come back: the sale by its receipt's number, its lines to tick, and what the refund comes to before it is done.
// Of a sale of another till the code on its slip is typed, with what is given back for the goods.

import { newOp, post } from "../../agent/api.js";
import { make } from "../../said/make.js";
import { parseAmount } from "../../said/money.js";
import { figure, say } from "../../said/words.js";

/** What a refund comes to, in lines: the money, what balances lose and gain, the tier, what is spent already. */
export function refundSays(preview, settings) {
  const tier = preview.tier_before !== preview.tier_after
    && say("tier_changes", { before: preview.tier_before ?? "\u2013", after: preview.tier_after ?? "\u2013" });
  return make("ul", { class: "comes-to" },
    make("li", { class: "money" }, say("give_back", { amount: settings.money(preview.money) })),
    preview.credited > 0 && make("li", {}, say("as_credit", { amount: settings.money(preview.credited) })),
    preview.effects.map((effect) => make("li", {}, effect.text)),
    tier && make("li", {}, tier),
    preview.provisional && make("li", {}, say("settled_later")));
}

export function refund({ till, panel, settings, tell, close, given }) {
  const part = (id) => panel.querySelector(`#refund-${id}`);
  const form = panel.querySelector("[data-form=refund]");
  const op = newOp(); // one for the form: sent twice it gives back once
  let sale = null;
  let asked = null;
  let asking = 0;

  async function look() {
    const number = part("op").value.trim();
    if (!number) return;
    const found = await till.trying(() => post("sales/find", { sale: number }));
    if (!found) return;
    [sale] = found.sales;
    part("elsewhere").hidden = Boolean(sale);
    part("lines").replaceChildren(...(sale ? sale.lines.map(line) : []));
    form.hidden = false;
    if (!sale) tell("bad", say("not_of_this_till"), say("not_of_this_till_hint"));
    (sale ? part("lines").querySelector("input") : part("amount")).focus();
    await preview();
  }

  function line({ article, category, quantity, amount }, i) {
    const pieces = quantity / 1000;
    const box = make("input", { type: "checkbox", checked: sale.lines.length === 1, data: { line: String(i) }, id: `refund-line-${i}` });
    const many = pieces > 1 && make("input", { inputMode: "decimal", maxLength: 12, value: String(pieces), id: `refund-pieces-${i}`, aria: { label: say("how_many") } });
    return make("li", {}, make("label", { class: "tick", htmlFor: box.id }, box,
      make("span", {}, `${figure(pieces)} \u00d7 ${category ?? article}`), make("b", {}, settings.money(amount))), many);
  }

  /** What is asked now, or null if nothing is ticked. */
  function body() {
    if (sale) {
      const ticked = [...part("lines").querySelectorAll("[data-line]:checked")].map(({ dataset }) => Number(dataset.line));
      const pieces = (i) => part(`pieces-${i}`)?.value.trim().replace(",", ".") ?? String(sale.lines[i].quantity / 1000);
      const lines = ticked.map((i) => ({ sale: sale.op, line: i, quantity: pieces(i) })).filter(({ quantity }) => quantity);
      return lines.length ? { lines, ...(sale.account && { account: sale.account }) } : null;
    }
    const amount = parseAmount(part("amount").value, settings.digits);
    const { member } = till.state;
    const slip = part("op").value.trim();
    if (!amount) return null;
    return { lines: [{ article: "amount", quantity: "1", amount }], slip, ...(member && { account: member.account }) };
  }

  async function preview() {
    const mine = ++asking;
    asked = body();
    const shown = asked && (await till.trying(() => post("preview_refund", asked)));
    if (mine !== asking) return;
    part("says").replaceChildren(shown ? refundSays(shown, settings) : make("p", {}, say("tick_goods")));
    panel.querySelector("[data-action=go]").disabled = !shown;
  }

  async function take() {
    await preview();
    const done = asked && (await till.trying(() => post("refunds", { op, ...asked })));
    if (!done) return;
    tell("good", say("refunded"), say("give_back", { amount: settings.money(done.money) }));
    await till.put({}, { again: true });
    close();
  }

  form.addEventListener("input", preview);
  if (given.op) {
    part("op").value = given.op;
    look();
  }
  return { forms: { look, refund: take } };
}
