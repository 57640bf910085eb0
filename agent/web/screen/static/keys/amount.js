// The amount field: what is typed there is the last line of the sale, until a category's key takes it or Enter ends it.

import { formatAmount, looksLikeCard, parseAmount } from "../said/money.js";
import { say } from "../said/words.js";
import { done } from "../till/selling.js";

const TYPED_MS = 120; // after the last key the sale is judged

export class Amount {
  /** `scanned(text)` is told a number that is as long as a card's. */
  constructor(field, till, settings, tell, scanned) {
    Object.assign(this, { field, till, settings, tell, scanned });
    this.timer = 0;
    this.op = null;
    field.addEventListener("input", () => {
      this.stop();
      this.timer = setTimeout(() => this.take(), TYPED_MS);
    });
  }

  /** Show the sale's own line without a category, when it is another sale or another screen typed it. */
  show() {
    const { op, other, pushed, lines } = this.till.state;
    if (op === this.op && (!other || this.timer)) return; // what is just being typed here stays
    this.stop();
    const line = pushed ? null : lines.find((one) => !one.category);
    this.field.value = line ? formatAmount(line.amount, { ...this.settings, group: "" }) : "";
    this.op = op;
  }

  empty() {
    this.stop();
    this.field.value = "";
  }

  /** The typed amount becomes a line of a category. */
  async add(category) {
    const minor = this.minor();
    if (minor === null) {
      this.tell("bad", say("amount_then_key"));
      return;
    }
    this.empty();
    await this.till.setLines([...this.named(), { amount: minor, category }]);
  }

  /** Take over what is typed, if that is another sale than the one that is shown. */
  async take() {
    this.stop();
    const { pushed, sending, lines } = this.till.state;
    const minor = this.minor();
    if (pushed || sending || (minor === null && this.field.value.trim())) return; // no amount (yet): what was there stays
    const typed = [...this.named(), ...(minor === null ? [] : [{ amount: minor }])];
    const same = (one, other) => one.amount === other?.amount && (one.category ?? null) === (other?.category ?? null);
    if (typed.length !== lines.length || !typed.every((line, i) => same(line, lines[i]))) await this.till.setLines(typed);
  }

  /** Enter: the sale is done. */
  async enter() {
    const text = this.field.value.trim();
    if (looksLikeCard(text)) {
      this.empty();
      this.scanned(text);
    } else if (text && this.minor() === null) {
      this.tell("bad", say("no_amount"), say("no_amount_hint", { count: this.settings.digits }));
    } else {
      if (!this.till.state.sending) await this.take();
      await done(this.till);
    }
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
  }

  minor() {
    return parseAmount(this.field.value, this.settings.digits);
  }

  named() {
    return this.till.state.lines.filter((line) => line.category);
  }
}
