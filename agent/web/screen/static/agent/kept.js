// What must survive a reload of the page or a restart of the agent: the sale at hand as it was last said, the sale that
// is being sent, and redemptions that no sale has used yet. It holds ops, account ids and amounts, nothing about the
// person.

const SENDING = "tally.sending";
const REDEEMED = "tally.redeemed";
const HAND = "tally.hand";
const SCREEN = "tally.screen";

const read = (key, otherwise) => JSON.parse(localStorage.getItem(key)) ?? otherwise;
const write = (key, value) => localStorage.setItem(key, JSON.stringify(value));

/** The body of the sale that was sent and not yet answered, or null. */
export const sending = () => read(SENDING, null);
export const keepSending = (body) => write(SENDING, body);
export const dropSending = () => localStorage.removeItem(SENDING);

/** The ops of redemptions that may have been recorded and wait for their sale. */
export const redeemed = () => read(REDEEMED, []);
export const keepRedeemed = (op) => write(REDEEMED, [...redeemed(), op]);
export const dropRedeemed = (op) => write(REDEEMED, redeemed().filter((kept) => kept !== op));

/** The sale at hand, with those that are parked: the agent forgets them when it starts anew. */
export const hand = () => read(HAND, null);
export const keepHand = (said) => write(HAND, said);

/** What this tab is called among the screens of the till. */
export function screen() {
  const name = sessionStorage.getItem(SCREEN) ?? Math.random().toString(36).slice(2, 10);
  sessionStorage.setItem(SCREEN, name);
  return name;
}
