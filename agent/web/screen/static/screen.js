// The cashier's screen: the till, what is drawn of it, and what keys, fingers and the agent's events do to it.

import { askSupervisor, session } from "./agent/api.js";
import { listen } from "./agent/events.js";
import { Flows } from "./flows/flows.js";
import { lookUp } from "./flows/people/find.js";
import { approval } from "./flows/till/approval.js";
import { Amount } from "./keys/amount.js";
import { listenToKeys } from "./keys/keys.js";
import { OFFERS, categoryKeys, command } from "./keys/letter_keys.js";
import { usePad } from "./keys/pad.js";
import { draw } from "./panels/draw.js";
import { look, lookSoon, silent, tell } from "./panels/lines.js";
import { answer } from "./panels/slips.js";
import { money } from "./said/make.js";
import { complaint, known, language, say } from "./said/words.js";
import { watchTheClock } from "./till/night.js";
import { giveBack, redeem, spend } from "./till/redeeming.js";
import { resume } from "./till/selling.js";
import { Till } from "./till/till.js";

const settings = JSON.parse(document.body.dataset.settings);
settings.money = (minor) => money(minor, settings);
const VOUCHER = /^(?=.*[A-Z])(?:[0-9A-Z]{20}|[0-9A-Z]{136})$/i;
const till = new Till(changed, tell);
const amount = new Amount(document.getElementById("amount"), till, settings, tell, scanned);
const flows = new Flows(till, settings, tell, { park: () => amount.take().then(() => till.park()).then(focus) }, focus);
const act = {
  offerKeys: OFFERS,
  categoryKeys: categoryKeys(settings.categories),
  add: (category) => amount.add(category).then(focus),
  redeem: (i) => till.offers[i] && redeemOffer(till.offers[i]),
  remove: (i) => till.setLines(till.state.lines.filter((_, at) => at !== i)).then(focus),
  giveBack: (op) => giveBack(till, op).then(focus),
  choose: (i) => till.state.found[i] && till.show(till.state.found[i]).then(focus),
  resume: (i) => till.state.parked[i] && till.resume(till.state.parked[i].op).then(focus),
  open: (flow) => () => flows.open(flow),
  slip: answer,
  done: () => amount.enter().then(focus),
  clear,
  quiet: () => tell("", ""),
  command: (key) => command(key, act),
  choosing,
  scanned,
};
let away = performance.timeOrigin; // since when no event comes; null while the stream is open
let endedByItself = false; // training did, and it is still said
let outdated = false; // the programme has changed: the page is loaded anew between two customers

function changed() {
  amount.show();
  draw(till, settings, act);
  flows.flow?.changed?.();
  if (endedByItself && !till.idle) showTraining({ on: false });
  if (outdated && till.idle && !flows.name) location.reload();
}

function focus() {
  if (!flows.name) amount.field.focus();
}

async function redeemOffer(offer) {
  await amount.take();
  if (till.state.member.proofs?.length && till.state.lines.length) {
    flows.open("proof", { offer });
    return;
  }
  await redeem(till, offer);
  focus();
}

async function clear() {
  tell("", "");
  if (!till.state.sending) amount.empty(); // at once: what is typed while the answer is on its way is the next sale's
  await till.clear();
  focus();
}

/** A digit that chooses one of two cards that were read at once. */
function choosing(key) {
  if (!/^[1-9]$/.test(key) || amount.field.value) return false;
  const chosen = document.querySelectorAll("#member .found .choices button")[Number(key) - 1];
  chosen?.click();
  return Boolean(chosen);
}

/** A voucher was scanned: it is spent in the sale that this screen is at. */
async function coded({ code }) {
  const { other, pushed, sending } = till.state;
  if (other) return;
  if (sending) return tell("bad", say("wait"));
  if (pushed) return tell("bad", say("pushed_hint", { name: pushed }));
  await amount.take();
  if (!till.state.lines.length) return tell("bad", say("amount_first"));
  if ((await spend(till, code)) && flows.name === "voucher") flows.close();
}

/** A reader typed something, or a person something as long as a card's number. */
async function scanned(text) {
  if (VOUCHER.test(text)) {
    coded({ code: text });
    return;
  }
  const isCard = /^[0-9 ]{8,}$/.test(text) || /^[%;]/.test(text);
  const found = isCard && (await lookUp(text.slice(0, 80)).catch((error) => error.code !== "unknown" && till.complain(error)));
  if (found?.length === 1) till.show(found[0]);
  else if (found?.length) flows.open("find", { text });
  else if (found !== undefined) tell("bad", say("scan_of_something"), say("scan_of_something_hint"));
}

function noticed({ code, text, said = "", hint = "" }) {
  if (code === "bank_card" || code === "identity_card") tell("bank", say(code));
  else if (known(`notice_${code}`)) tell("bad", say(`notice_${code}`), say(`notice_${code}_hint`));
  else tell("bad", complaint({ code, message: text, text: said }), hint);
}

/** Who is signed in, or what the screen is called. */
function showStaff() {
  const staff = document.getElementById("staff");
  staff.textContent = session().staff ?? staff.dataset.screen;
}

/** Show that nothing counts; or, until somebody is served, that training has `ended` by itself, and why. */
function showTraining({ on, ended = null }) {
  const line = document.getElementById("training");
  line.textContent = ended ? say(`training_ended_${ended}`) : say("training");
  line.hidden = !(on || ended);
  endedByItself = Boolean(ended);
  document.body.classList.toggle("training", Boolean(on));
}

async function opened() {
  const from = away;
  away = null;
  document.body.classList.remove("silent");
  const noticedThen = (await till.pull())?.noticed;
  if (noticedThen && Date.now() - noticedThen.age_ms > from) noticed(noticedThen);
  await resume(till);
  const status = await look();
  outdated ||= Boolean(status?.programme) && status.programme.version !== settings.version;
  if (status?.training || !endedByItself) showTraining({ on: status?.training });
  changed();
}

function gone() {
  away ??= Date.now();
  document.body.classList.add("silent");
  silent();
}

document.getElementById("done").addEventListener("click", act.done);
document.getElementById("clear").addEventListener("click", clear);
document.getElementById("bar").addEventListener("click", (event) => {
  const flow = event.target.closest("[data-open]")?.dataset.open;
  if (!flow) return;
  act.quiet();
  flows.open(flow);
});
document.getElementById("language").addEventListener("change", (event) => {
  document.cookie = `tally_language=${event.target.value}; Path=/; SameSite=Strict; Max-Age=31536000`;
  location.reload();
});
document.addEventListener("signed", showStaff);
document.addEventListener("sign-in", () => flows.name ?? flows.open("staff"));
askSupervisor((wanted) => approval(wanted, tell));
usePad(amount.field);
showStaff();
listenToKeys(amount.field, act, flows);
changed();
listen({
  at_hand: (standing) => till.adopt(standing),
  card: ({ screen, member }) => screen === till.me && flows.flow?.card?.(member),
  voucher: coded,
  notice: noticed,
  training: showTraining,
  device: lookSoon,
  sync: lookSoon,
  ledger: look,
  slips: look,
  programme: () => {
    outdated = true;
    changed();
  },
}, opened, gone);
watchTheClock(till, () => flows.name || location.reload());
focus();
document.documentElement.dataset.ready = language;
