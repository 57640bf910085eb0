// What the screen knows: the sale at hand, as every screen of this till shows it. The agent holds it; a change is drawn
// here at once, said to the agent, and drawn again with what the programme says of it.
//
// A card belongs to the sale it was read in: the sale's end, Esc, or parking it puts it away.

import { atHand, newOp, post } from "../agent/api.js";
import * as kept from "../agent/kept.js";
import { complaint, say } from "../said/words.js";

const NOTHING = { lines: [], taken: [], member: null, found: [], judged: null, pushed: null };

export class Till {
  /** `changed` is called after every change, `tell(kind, text, hint)` shows a line. */
  constructor(changed, tell) {
    this.me = kept.screen();
    this.state = { ...NOTHING, op: newOp(), parked: [], last: null, sending: false, other: null, boot: null, rev: 0 };
    this.changed = changed;
    this.tell = tell;
    this.at = Date.now(); // when the sale changed last
    this.said = 0; // how often the agent was told
    this.waiting = 0; // tellings that have no answer yet
  }

  /** Whether no customer is being served. */
  get idle() {
    const { member, found, lines, sending } = this.state;
    return !(member || found.length || lines.length || sending);
  }

  get total() {
    return this.state.judged?.total ?? this.state.lines.reduce((sum, line) => sum + line.amount, 0);
  }

  get due() {
    const taken = this.state.taken.reduce((sum, one) => sum + one.value, 0);
    return this.state.judged?.due ?? Math.max(this.total - taken, 0);
  }

  /** What the member may have now: of the sale if there is one. */
  get offers() {
    const { member, judged } = this.state;
    return (judged && member ? judged.offers : member?.offers) ?? [];
  }

  set(change) {
    Object.assign(this.state, change);
    this.changed();
  }

  /** Take over how the agent says the sale stands, unless this screen has said more since. */
  adopt(standing) {
    const { boot, rev } = this.state;
    if (boot === standing.boot && rev > standing.rev) return;
    const mine = standing.screen === this.me;
    if (mine && this.waiting) return; // the answer to what was said comes after it
    if (rev !== standing.rev) this.at = Date.now();
    const unsaid = this.waiting > 0;
    const { op, member, found, judged, parked, pushed, last } = standing;
    const lines = standing.lines.map(asShown);
    const other = !mine && standing.screen && (lines.length || member) ? standing.by : null;
    const change = { boot: standing.boot, rev: standing.rev, op, member, found, parked, last, other };
    this.set(unsaid && op === this.state.op ? change : { ...change, lines, taken: standing.taken, judged, pushed });
    this.keep();
  }

  /** Say how the sale stands now, after `change`; `flags` are `again`, `park` and `wanting`. Returns whether it was taken. */
  async put(change = {}, flags = {}) {
    const mine = ++this.said;
    this.waiting += 1;
    this.set({ ...change, other: null });
    this.keep();
    let standing = null;
    try {
      standing = await atHand({ ...this.hand(), screen: this.me, rev: this.state.rev, ...flags });
    } catch (error) {
      if (mine !== this.said) return false;
      await this.refused(error);
      return false;
    } finally {
      this.waiting -= 1;
    }
    if (mine === this.said) this.adopt(standing);
    return true;
  }

  /** Ask the agent how the sale stands, and return that; one that has just begun is told what this screen had. */
  async pull() {
    const standing = await this.trying(() => atHand());
    if (!standing) return null;
    const before = this.state.boot === null ? kept.hand() : this.hand();
    const lost = before && standing.rev === 0 && (before.lines.length || before.account || before.parked.length);
    if (!lost) {
      this.adopt(standing);
      return standing;
    }
    this.state.boot = standing.boot;
    this.state.rev = 0;
    const taken = await this.trying(() => atHand({ ...before, screen: this.me }));
    const now = taken ?? (await this.trying(() => atHand()));
    if (now) this.adopt(now);
    return standing;
  }

  setLines(lines) {
    if (this.state.sending || this.state.pushed) return undefined;
    return this.put({ lines, judged: null });
  }

  /** Show a member who was found, or one of two whose cards were read at once. */
  show(member) {
    if (this.state.taken.length && this.state.member?.account !== member.account) {
      this.tell("bad", say("notice_mid_sale"), say("notice_mid_sale_hint"));
      return Promise.resolve(false);
    }
    return this.put({ member, found: [] });
  }

  /** Put the sale aside for another customer; everything stays with it. */
  async park() {
    if (this.idle || this.state.sending) return;
    if (await this.put({}, { park: true })) this.tell("good", say("parked"));
  }

  /** Take a sale up again; the one at hand is put aside. */
  resume(op) {
    const { lines, taken } = this.state.parked.find((one) => one.op === op);
    return this.put({ op, lines: lines.map(asShown), taken, judged: null, member: null });
  }

  /** Put everything away; what was redeemed is given back. */
  async clear() {
    if (this.state.sending) {
      this.tell("bad", say("no_answer_yet"), say("no_answer_yet_hint"));
      return false;
    }
    if (this.idle && !this.state.last && !this.state.pushed) return true; // Esc twice: the first is on its way
    for (const { op } of this.state.taken) await this.undo(op);
    return this.put({ ...NOTHING, last: null });
  }

  /** Give a redemption back; one that never was, or was used, needs no giving back. Returns whether it is settled. */
  async undo(op) {
    try {
      await post("refunds", { op: `${op}-undo`, redemption: op });
    } catch (error) {
      if (error.unknown) {
        this.complain(error);
        return false;
      }
    }
    kept.dropRedeemed(op);
    return true;
  }

  /** The sale as the agent is told it, and as it is kept. */
  hand() {
    const { op, lines, taken, member, parked } = this.state;
    const who = member ? { account: member.account, ...(member.card && { card: member.card }) } : {};
    return {
      op, ...who, lines: lines.map(asLine), taken: taken.map(({ op: taking, label, value }) => ({ op: taking, label, value })),
      parked: parked.map(({ op: parkedOp, account, card, lines: rows, taken: used }) => ({
        op: parkedOp, ...(account && { account }), ...(card && { card }), lines: rows.map(asShown).map(asLine), taken: used,
      })),
    };
  }

  keep() {
    kept.keepHand(this.hand());
  }

  async refused(error) {
    if (error.code === "op_conflict") {
      this.tell("bad", say("sale_ended"), say("sale_ended_hint"));
      await this.pull();
      return;
    }
    this.complain(error);
    if (error.unknown) return; // what is typed stays; the agent is told when it is back
    const standing = await atHand().catch(() => null);
    if (standing) this.adopt(standing);
  }

  async trying(ask) {
    try {
      return await ask();
    } catch (error) {
      this.complain(error);
      return null;
    }
  }

  complain(error) {
    if (error.code === "bank_card" || error.code === "identity_card") this.tell("bank", say(error.code));
    else this.tell("bad", complaint(error), error.hint);
    if (error.code === "not_signed_in") document.dispatchEvent(new Event("sign-in"));
  }
}

/** A line as the agent is told it: pieces, where it says thousandths. */
function asLine({ amount, category, article, quantity = 1 }) {
  const line = { article: article ?? category ?? "amount", quantity: String(quantity), amount };
  return category ? { ...line, category } : line;
}

function asShown({ article, quantity, amount, category }) {
  return { article, quantity: quantity / 1000, amount, category: category ?? null };
}
