// Last sales and a complaint: what happened and why, another copy of the slip, whose sale it is, points as goodwill. A
// sale that was nobody's is claimed by its receipt, one of another till by the code at the foot of its slip.

import { get, newOp, post } from "../../agent/api.js";
import { keyed, make } from "../../said/make.js";
import { parseAmount } from "../../said/money.js";
import { figure, language, say, titled } from "../../said/words.js";

const SLIP_CODE = /^(?:[0-9A-Z]{20}|[0-9A-Z]{100,})$/i; // typed, or scanned
const RECEIPT_MAX = 64;
const DAY_MS = 24 * 3600000;

export function sales({ till, panel, settings, tell, close, open }) {
  const part = (id) => panel.querySelector(`#sales-${id}`);
  const member = till.state.member;
  const op = newOp();
  let chosen = null;
  const day = () => new Date().toLocaleDateString("sv"); // YYYY-MM-DD, here
  part("day").value = day();

  function list(found) {
    const sold = found.filter(({ kind }) => kind !== "redemption_undone").slice(0, 9);
    part("list").replaceChildren(...sold.map((one, i) => keyed(`${i + 1}`, called(one), () => show(one), { data: { action: "choose", op: one.op } })));
    part("list").firstElementChild?.focus();
    if (!sold.length) tell("bad", say("no_sale_found"));
  }

  function called({ at, kind, due, is_back: back }) {
    const money = due === null ? "" : settings.money(due);
    return [moment(at), kind === "sale" ? "" : say(`kind_${kind}`), money, back && say("came_back")].filter(Boolean).join(" \u00b7 ");
  }

  /** The shop's local time, or a day, as the language writes it. */
  function moment(at) {
    const time = at.includes("T");
    return new Date(time ? at : `${at}T12:00`).toLocaleString(language, { dateStyle: "medium", ...(time && { timeStyle: "short" }) });
  }

  function show(one) {
    chosen = one;
    part("list").hidden = panel.querySelector("[data-form=look]").hidden = true;
    part("one").hidden = false;
    const other = member && member.account !== one.account && ["sale", "elsewhere"].includes(one.kind);
    part("says").replaceChildren(
      make("p", { class: "big" }, one.at ? called(one) : ""),
      make("ul", { class: "comes-to" },
        one.lines.map((line) => make("li", {}, titled(`${figure(line.quantity / 1000)} \u00d7 ${line.category ?? line.article}`, settings.money(line.amount)))),
        one.effects.map((effect) => make("li", { class: "money-less" }, effect.text))));
    for (const [action, there] of Object.entries({ why: one.kind === "sale", copy: one.kind !== "elsewhere", back: true, move: other, "to-refund": one.kind === "sale" })) {
      panel.querySelector(`#sales-one [data-action=${action}]`)?.toggleAttribute("hidden", !there);
    }
    panel.querySelector("[data-form=goodwill]").hidden = !member;
    panel.querySelector("#sales-one button:not([hidden])")?.focus();
  }

  /** A sale of another till, by the code on its slip: headquarters is asked for it when it is claimed. */
  function showElsewhere(slip) {
    show({ slip, kind: "elsewhere", account: null, lines: [], effects: [] });
    part("says").replaceChildren(make("p", {}, say("claim_elsewhere")));
    panel.querySelector("[data-form=goodwill]").hidden = true;
  }

  async function look() {
    const receipt = part("receipt").value.trim();
    const slip = receipt.replaceAll(/[\s-]/g, "");
    const isSlip = member && SLIP_CODE.test(slip);
    if (isSlip && receipt.length > RECEIPT_MAX) return showElsewhere(slip);
    const amount = parseAmount(part("amount").value, settings.digits);
    const asked = receipt ? { sale: receipt } : { amount, day: part("day").value };
    if (!receipt && amount === null) return undefined;
    const found = await till.trying(() => post("sales/find", asked));
    if (isSlip && found && !found.sales.length) return showElsewhere(slip);
    return found && list(found.sales);
  }

  /** Whether it was nobody's, and is not too old to be claimed: then it needs nobody's word. */
  function isClaim({ account, slip, at }) {
    return Boolean(slip) || (!account && Date.parse(day()) - Date.parse(at.slice(0, 10)) <= settings.claim_days * DAY_MS);
  }

  async function why() {
    const told = await till.trying(() => post("sales/why", { sale: chosen.op }));
    if (!told) return;
    part("why").replaceChildren(...told.rules.flatMap(({ title, applied, missed }) =>
      [...applied, ...missed].map((reason) => make("li", {}, titled(title, reason.text)))));
  }

  async function copy() {
    for (let number = 1; number <= 9; number += 1) {
      const made = await post("slips/copies", { op: chosen.op, number }).catch((error) => error);
      if (!(made instanceof Error) && !made.repeated) return tell("good", say("slip_coming"));
      if (made instanceof Error) return till.complain(made);
    }
    return undefined;
  }

  async function move() {
    const which = chosen.slip ? { slip: chosen.slip } : { sale: chosen.op };
    const moved = await till.trying(() => post(isClaim(chosen) ? "sales/claims" : "sales/moves", { op, ...which, account: member.account }));
    if (!moved) return;
    await till.put({}, { again: true });
    tell("good", say("sale_moved"), moved.money > 0 ? say("give_back", { amount: settings.money(moved.money) }) : "");
    close();
  }

  async function goodwill() {
    const units = Number(part("units").value);
    if (!units) return;
    const body = { op, account: member.account, unit: part("unit").value, units, why: part("reason").value };
    if (!(await till.trying(() => post("goodwill", body)))) return;
    await till.put({}, { again: true });
    tell("good", say("goodwill_given"));
    close();
  }

  if (member) {
    part("unit").replaceChildren(...Object.keys(member.balances).map((unit) => make("option", { value: unit }, member.labels[unit])));
    till.trying(() => get(`members/${member.account}/past`)).then((past) => past && list(past.seen));
  }
  return {
    forms: { look, goodwill },
    actions: { why, copy, move, "to-refund": () => open("refund", { op: chosen.op }) },
    back: () => {
      if (!chosen) return false;
      chosen = null;
      part("one").hidden = true;
      part("list").hidden = panel.querySelector("[data-form=look]").hidden = false;
      return true;
    },
  };
}
