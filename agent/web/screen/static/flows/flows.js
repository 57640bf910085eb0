// One flow at a time, over the sale: its template is put into the page, its module says what its forms and keys do.
//
// A flow is a function of { till, panel, settings, tell, close, open, wantCard } that returns some of: `forms` (by data-form),
// `actions` (by data-action), `card(member)` for a card that is read meanwhile, `changed()`, `back()` which returns
// whether it took a step back, `closed()`.

import { letters } from "../keys/letters.js";
import { make } from "../said/make.js";
import { say } from "../said/words.js";
import { card } from "./people/card.js";
import { enrol } from "./people/enrol.js";
import { find } from "./people/find.js";
import { proof } from "./people/proof.js";
import { refund } from "./sales/refund.js";
import { sales } from "./sales/sales.js";
import { undo } from "./sales/undo.js";
import { voucher } from "./sales/voucher.js";
import { policies } from "./till/policies.js";
import { staff } from "./till/staff.js";

const FLOWS = { card, enrol, find, policies, proof, refund, sales, staff, undo, voucher };
const BOARD = "tally.letters"; // whether the letters on the screen are wanted here

export class Flows {
  /** `act` are things done without a panel (park), by name; `done` is called when a flow is closed. */
  constructor(till, settings, tell, act, done) {
    Object.assign(this, { till, settings, tell, act, done });
    this.name = null;
    this.flow = null;
    this.element = document.getElementById("flow");
    this.element.addEventListener("submit", (event) => this.submitted(event));
    this.element.addEventListener("click", (event) => this.clicked(event));
  }

  open(name, given = {}) {
    if (this.act[name]) return this.act[name]();
    if (!FLOWS[name]) return undefined;
    if (this.till.state.sending) return this.tell("bad", say("wait"), say("wait_hint"));
    if (this.name) this.close();
    this.name = name;
    this.element.replaceChildren(document.getElementById(`flow-${name}`).content.cloneNode(true));
    this.element.dataset.flow = document.body.dataset.flow = name;
    this.element.hidden = false;
    this.under(true);
    this.board();
    this.flow = FLOWS[name]({
      till: this.till, panel: this.element, settings: this.settings, tell: this.tell, given,
      close: () => this.close(), open: (next, more) => this.open(next, more),
      wantCard: () => { this.wanting = true; return this.till.put({}, { wanting: true }); },
    }) ?? {};
    const first = this.element.querySelector("[autofocus], form:not([hidden]) input:not([type=checkbox])");
    (first ?? this.element.querySelector("#flow-title"))?.focus();
    return undefined;
  }

  /** One step back: the flow's own, else out of it. */
  back() {
    if (!this.flow?.back?.()) this.close();
  }

  close() {
    const { flow, wanting } = this;
    this.name = this.flow = null;
    this.wanting = false;
    this.element.hidden = true;
    this.element.replaceChildren();
    delete this.element.dataset.flow;
    delete document.body.dataset.flow;
    this.under(false);
    flow?.closed?.();
    if (wanting) this.till.put();
    this.done();
  }

  /** What lies under a flow is out of reach. */
  under(inert) {
    for (const id of ["member", "sale"]) document.getElementById(id).inert = inert;
  }

  /** A key while a flow is open. Digits choose where no field has the focus; Enter sends the form that is shown. */
  pressed({ key, target }) {
    if (target.matches("input, select, textarea")) return false;
    const choice = /^[1-9]$/.test(key) && this.element.querySelectorAll(".choices button")[Number(key) - 1];
    if (choice) choice.click();
    if (choice || key !== "Enter" || target.matches("button, summary")) return Boolean(choice);
    [...this.element.querySelectorAll("form:not([hidden])")].pop()?.requestSubmit();
    return true;
  }

  submitted(event) {
    event.preventDefault();
    this.flow.forms?.[event.target.dataset.form]?.(event.target);
  }

  clicked(event) {
    const action = event.target.closest("[data-action]")?.dataset.action;
    if (action === "back") this.back();
    else if (action === "letters") this.board(this.element.querySelector("#letters") === null);
    else this.flow?.actions?.[action]?.(event.target.closest("[data-action]"));
  }

  /** Show or hide the letters; on a screen that is touched they are shown from the start. */
  board(wanted) {
    if (wanted !== undefined) localStorage.setItem(BOARD, wanted ? "yes" : "no");
    const kept = localStorage.getItem(BOARD);
    const shown = kept ? kept === "yes" : matchMedia("(pointer: coarse)").matches;
    const has = this.element.querySelector("input:not([type=checkbox])");
    this.element.querySelector("#letters")?.remove();
    const head = this.element.querySelector(".flow-head");
    if (has && !head.querySelector("[data-action=letters]")) {
      head.lastElementChild.before(make("button", { type: "button", data: { action: "letters" }, aria: { label: say("letters") } }, "\u2328"));
    }
    if (has && shown) this.element.append(letters(this.element));
  }
}
