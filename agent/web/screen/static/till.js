// What the screen knows, and everything a person or a reader may do with it. Drawing is somebody else's.
//
// A card belongs to the sale it was read in: the sale's end, Esc, or the next card puts it away.

import { get, newOp, post } from "./api.js";
import * as kept from "./kept.js";

const NOBODY = { member: null, found: [], enrolling: false };
const NOTHING = { lines: [], redeemed: [], effects: [], offers: [], total: 0, due: 0 };

export class Till {
  /** `changed` is called after every change, `say(kind, text, hint)` shows a notice. */
  constructor(changed, say) {
    this.state = { ...NOBODY, ...NOTHING, sending: false, last: null };
    this.changed = changed;
    this.say = say;
    this.asked = 0; // previews so far
    this.onTheWay = false; // a sale was sent and its answer is awaited
  }

  /** Take up what a reload interrupted: the sale that has no answer yet, redemptions that no sale will use. */
  async resume() {
    if (kept.sending()) await this.send();
    const unused = kept.sending() ? [] : kept.redeemed();
    for (const op of unused) await this.undo(op);
  }

  /** A card was read, or a member was found. */
  async show(member) {
    if (this.state.sending) {
      this.say("bad", "Wait: the sale is being recorded", "then read the card again");
      return;
    }
    await this.undoAll();
    this.say("", "");
    this.set({ ...NOBODY, member, offers: member.offers });
    await this.preview();
  }

  choose(i) {
    return this.state.found[i] ? this.show(this.state.found[i]) : undefined;
  }

  /** Look a member up by what was typed: a card's number or a phone number if it is digits, else words of a name. */
  async find(text) {
    const typed = text.trim();
    if (!typed) return;
    const found = await this.trying(() => lookUp(typed));
    if (!found) return;
    if (found.length === 1) await this.show(found[0]);
    else if (found.length) this.set({ ...NOBODY, found });
    else this.say("bad", "Nobody was found", "read the card, or make a new member with N");
  }

  enrol() {
    if (this.state.member && this.state.member.status !== "provisional") return;
    this.op = newOp();
    this.set({ enrolling: true, found: [] });
  }

  async join(name, phone) {
    const body = { op: this.op };
    if (name) body.name = name;
    if (phone) body.phone = phone;
    if (this.state.member) body.account = this.state.member.account;
    const joined = await this.trying(() => post("members", body));
    if (!joined) return;
    await this.show(joined.member);
    this.say("good", `Welcome, ${joined.member.name ?? "new member"}`);
  }

  /** The lines changed: judge the sale anew. Only the answer to the last question counts. */
  async preview() {
    const mine = ++this.asked;
    const { member, lines } = this.state;
    if (!lines.length) {
      this.set({ effects: [], offers: member?.offers ?? [], total: 0, due: 0 });
      return;
    }
    const judged = await this.trying(() => post("preview", this.sale()));
    if (mine !== this.asked) return;
    const { effects, offers, total, due } = judged ?? NOTHING;
    this.set({ effects, offers, total, due });
  }

  async setLines(lines) {
    if (this.state.sending) return;
    this.set({ lines });
    await this.preview();
  }

  /** Redeem offer number `i`; its op is kept before it is sent, so that it can be given back whatever happens. */
  async redeem(i) {
    const offer = this.state.offers[i];
    if (!offer || !this.state.total || this.state.sending) return;
    const { account, card } = this.state.member;
    const body = { op: newOp(), account, card, reward: offer.reward };
    if (offer.free) body.value = offer.value_max;
    else body.units = offer.units_max;
    kept.keepRedeemed(body.op);
    const taken = await this.trying(() => post("redemptions", body));
    if (!taken) {
      await this.undo(body.op);
      return;
    }
    const label = offer.free ? offer.label : `${taken.units} ${this.state.member.labels[taken.unit]}`;
    this.set({ redeemed: [...this.state.redeemed, { op: body.op, label, value: taken.value }] });
    await this.refresh();
  }

  async giveBack(op) {
    if (this.state.sending || !(await this.undo(op))) return;
    this.set({ redeemed: this.state.redeemed.filter((taken) => taken.op !== op) });
    await this.refresh();
  }

  /** Record the sale. The body is kept under its op until there is an answer. */
  async done() {
    if (this.onTheWay || !(this.state.sending || this.state.total)) return;
    if (!this.state.sending) kept.keepSending({ ...this.sale(), op: newOp() });
    await this.send();
  }

  /** Whether no customer is being served. */
  get idle() {
    const { member, found, enrolling, lines, sending } = this.state;
    return !(member || found.length || enrolling || lines.length || sending);
  }

  /** Put everything away; what was redeemed is given back. */
  async clear() {
    if (this.state.enrolling) {
      this.set({ enrolling: false });
    } else if (this.state.sending) {
      this.say("bad", "The sale has no answer yet", "press Enter to send it again: it counts once");
    } else {
      await this.undoAll();
      this.set({ ...NOBODY, ...NOTHING });
    }
  }

  /** Somebody else recorded a sale: if it was for the member on the screen, his sale has ended. */
  async soldElsewhere({ op, account, sale }) {
    if (op.startsWith("scr-") || this.state.sending) return;
    if (account !== null && account !== this.state.member?.account) return;
    await this.undoAll();
    this.end(sale);
  }

  // -- how it is done ------------------------------------------------------------------------------------------

  set(change) {
    Object.assign(this.state, change);
    this.changed();
  }

  sale() {
    const { lines, member, redeemed } = this.state;
    const body = { lines: lines.map(asLine), redemptions: redeemed.map((taken) => taken.op) };
    return member ? { ...body, account: member.account, card: member.card } : body;
  }

  async send() {
    const body = kept.sending();
    this.onTheWay = true;
    this.set({ sending: true });
    try {
      const sale = await post("sales", body);
      body.redemptions.forEach(kept.dropRedeemed);
      if (sale.aside) {
        this.set({ ...NOBODY, ...NOTHING });
        this.say("bad", "Sold without loyalty", "it will be entered later");
      } else {
        this.end(sale);
        this.say("good", "Recorded", sale.repeated ? "it had been recorded before" : "");
      }
    } catch (error) {
      this.complain(error);
      if (error.unknown) return; // it stays kept, and `sending` stays: Enter sends it again
    } finally {
      this.onTheWay = false;
    }
    kept.dropSending();
    this.set({ sending: false });
  }

  end(sale) {
    const name = this.state.member?.name;
    const counted = sale.effects.filter((effect) => effect.amount && effect.rule !== "tiers");
    const texts = counted.map((effect) => effect.text);
    this.set({ ...NOBODY, ...NOTHING, last: { due: sale.due, name, texts } });
  }

  /** Ask who the member is by now, then judge the sale anew. */
  async refresh() {
    const { account, card } = this.state.member;
    const member = await this.trying(() => get(`members/${account}`));
    if (member) this.set({ member: { ...member, card } });
    await this.preview();
  }

  async undoAll() {
    for (const { op } of this.state.redeemed) await this.undo(op);
    this.set({ redeemed: [] });
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

  async trying(ask) {
    try {
      return await ask();
    } catch (error) {
      this.complain(error);
      return null;
    }
  }

  complain(error) {
    if (error.code === "bank_card") this.say("bank", error.message);
    else this.say("bad", error.message, error.hint);
  }
}

function asLine({ amount, category }) {
  const line = { article: category ?? "amount", quantity: 1, amount };
  return category ? { ...line, category } : line;
}

async function lookUp(typed) {
  if (!/^[0-9+()./ -]+$/.test(typed)) return (await post("identify", { name: typed })).members;
  try {
    return (await post("identify", { card: typed })).members;
  } catch (error) {
    if (error.code !== "unknown") throw error;
    return (await post("identify", { phone: typed })).members;
  }
}
