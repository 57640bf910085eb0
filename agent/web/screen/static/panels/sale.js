// The right half: what is bought, what is taken off, what is to be paid.

import { fill, keyed, make } from "../said/make.js";
import { say } from "../said/words.js";

/** Draw it; the amount field and the pad stand in the page from the start. */
export function drawSale(till, settings, act) {
  const { lines, taken, pushed, sending } = till.state;
  const keys = act.categoryKeys;
  fill("categories", settings.categories.map((name) =>
    keyed(keys[name], name, () => act.add(name), { tabIndex: -1, data: { category: name } })));
  const named = lines.map((line, i) => ({ ...line, i })).filter((line) => pushed || line.category || lines.length > 1 || taken.length);
  fill("lines",
    pushed && make("li", { class: "pushed" }, say(document.body.classList.contains("training") ? "pushed_training" : "pushed", { name: pushed })),
    named.map((line) => row(calledLine(line, pushed), settings.money(line.amount), !pushed && (() => act.remove(line.i)))),
    !pushed && taken.map((one) => row(one.label, settings.money(-one.value), () => act.giveBack(one.op), "redeemed")));
  document.getElementById("lines").hidden = !(named.length || taken.length || pushed);
  fill("sums", sums(till, settings));
  const done = document.getElementById("done");
  done.disabled = !(lines.length || sending) || Boolean(pushed);
  document.getElementById("amount").readOnly = Boolean(pushed) || sending;
}

function calledLine({ category, article, quantity }, pushed) {
  const called = pushed ? article : (category ?? say("amount"));
  return quantity === 1 ? called : `${quantity} \u00d7 ${called}`;
}

function row(text, amount, remove, classes = "") {
  const button = remove && make("button", { type: "button", onclick: remove, aria: { label: `${say("take_off")}: ${text}` } }, "\u00d7");
  return make("li", { class: classes }, make("span", {}, text), make("b", {}, amount), button);
}

function sums(till, settings) {
  const { total, due } = till;
  const rows = [["due", say("to_pay"), due]];
  if (due !== total) rows.unshift(["total", say("total"), total]);
  return rows.flatMap(([name, text, amount]) => [
    make("dt", { class: name }, text),
    make("dd", { class: name }, settings.money(amount)),
  ]);
}
