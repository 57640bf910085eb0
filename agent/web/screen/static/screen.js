// The cashier's screen: keys, the agent's events, and the till between them.

import { get } from "./api.js";
import { looksLikeCard, parseAmount } from "./money.js";
import { Till } from "./till.js";
import { draw, drawChips, drawNotice } from "./view.js";

const PREVIEW_MS = 120; // after the last key
const NOTICE_MS = 8000;
const AGAIN_MS = 2000;
const LOOK_MS = 1000; // a catch-up of sync says so with every batch
const FOR_OFFERS = ["R", "T", "Y"];
const FOR_FIND = "F";
const FOR_ENROL = "N";

const settings = JSON.parse(document.body.dataset.settings);
const amount = document.getElementById("amount");
const keys = { offers: FOR_OFFERS, categories: categoryKeys() };
const till = new Till(changed, say);
const act = {
  keys,
  add,
  redeem: (i) => till.redeem(i).then(focus),
  remove: (i) => till.setLines(till.state.lines.filter((_, at) => at !== i)).then(focus),
  giveBack: (op) => till.giveBack(op).then(focus),
  enrol,
  join: (name, phone) => till.join(name, phone).then(focus),
  choose: (i) => till.choose(i).then(focus),
  find: (text) => till.find(text).then(focus),
};
let noticeTimer = 0;
let previewTimer = 0;
let lookTimer = 0;
let outdated = false; // the programme has changed: the page is loaded anew between two customers

function changed() {
  draw(till.state, settings, act);
  if (outdated && till.idle) location.reload();
}

/** The first free letter of each category's name. */
function categoryKeys() {
  const taken = new Set([...FOR_OFFERS, FOR_FIND, FOR_ENROL]);
  const letters = {};
  for (const name of settings.categories) {
    const letter = [...name.toUpperCase(), ..."ABCDEGHIJKLMOPQSUVWXZ"].find((c) => /[A-Z]/.test(c) && !taken.has(c));
    taken.add(letter);
    letters[name] = letter;
  }
  return letters;
}

function say(kind, text, hint = "") {
  drawNotice({ kind, text, hint });
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => drawNotice({ kind: "", text: "" }), NOTICE_MS);
}

function focus() {
  const field = document.getElementById("enrol-name");
  (field ?? amount).focus();
}

function enrol() {
  till.enrol();
  focus();
}

/** The typed amount becomes a line of a category. */
function add(category) {
  const minor = parseAmount(amount.value, settings.digits);
  if (minor === null) {
    say("bad", "Type the amount, then the key");
    return;
  }
  const withCategory = till.state.lines.filter((line) => line.category);
  amount.value = "";
  till.setLines([...withCategory, { amount: minor, category }]).then(focus);
}

/** The amount field changed: it is the last line of the sale. */
function typed() {
  clearTimeout(previewTimer);
  previewTimer = setTimeout(takeTyped, PREVIEW_MS);
}

async function takeTyped() {
  clearTimeout(previewTimer);
  const withCategory = till.state.lines.filter((line) => line.category);
  const minor = parseAmount(amount.value, settings.digits);
  await till.setLines(minor === null ? withCategory : [...withCategory, { amount: minor }]);
}

async function enter() {
  const text = amount.value.trim();
  if (looksLikeCard(text)) {
    amount.value = "";
    await till.find(text);
  } else if (text && parseAmount(text, settings.digits) === null) {
    say("bad", "This is no amount", "digits, with at most " + settings.digits + " after the point");
  } else {
    if (!till.state.sending) await takeTyped();
    await till.done();
    if (!till.state.lines.length) amount.value = "";
  }
  focus();
}

async function clear() {
  await till.clear();
  const find = document.getElementById("find");
  if (find) find.value = "";
  if (!till.state.lines.length) amount.value = "";
  focus();
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape") {
    event.preventDefault();
    clear();
  } else if (event.target === amount || event.target === document.body) {
    inSale(event);
  }
}

function inSale(event) {
  const key = event.key.toUpperCase();
  const category = Object.keys(keys.categories).find((name) => keys.categories[name] === key);
  if (key === "ENTER") enter();
  else if (FOR_OFFERS.includes(key)) act.redeem(FOR_OFFERS.indexOf(key));
  else if (category) add(category);
  else if (key === FOR_FIND) document.getElementById("find")?.focus();
  else if (key === FOR_ENROL) enrol();
  else if (till.state.found.length && /^[1-9]$/.test(key)) act.choose(Number(key) - 1);
  else if (event.key.length > 1 || /[0-9., ]/.test(key)) return;
  event.preventDefault();
}

function listen() {
  const events = new EventSource("/v1/events");
  const on = (kind, take) => events.addEventListener(kind, (event) => take(JSON.parse(event.data)));
  on("member", (member) => till.show(member).then(focus));
  on("notice", ({ code, text }) => say(code === "bank_card" ? "bank" : "bad", text));
  on("sale", (sold) => till.soldElsewhere(sold));
  on("device", look);
  on("sync", look);
  on("ledger", lookNow);
  on("programme", () => {
    outdated = true;
    changed();
  });
  events.onopen = lookNow;
  events.onerror = () => {
    drawChips([{ name: "Agent", state: "bad", title: "The till's agent does not answer" }]);
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS);
  };
}

/** Look soon how the till is, for the chips. */
function look() {
  lookTimer ||= setTimeout(lookNow, LOOK_MS);
}

/** How headquarters is: a word, and how old its news are once that is to be said. Never in the way of selling. */
function hqChip({ word, stale, age_ms: age, error }) {
  const hours = Math.floor(age / 3600000);
  const span = hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
  const name = stale ? `News from HQ is ${span} old` : "HQ";
  return { name, state: stale || word === "failing" ? "unsure" : "good", title: error ?? word };
}

async function lookNow() {
  lookTimer = 0;
  const status = await get("status").catch(() => null);
  if (!status) return;
  const chips = (status.devices ?? []).map(({ name, status: word, text }) => ({
    name, state: word === "enabled" ? (text ? "unsure" : "good") : "bad", title: text || word,
  }));
  const word = status.sync?.word;
  if (word && word !== "alone") chips.push(hqChip(status.sync));
  const why = status.ledger?.why;
  if (why) chips.unshift({ name: "Selling without loyalty", state: "bad", title: `${why.message}: ${why.hint}` });
  drawChips(chips);
}

amount.addEventListener("input", typed);
document.addEventListener("keydown", pressed);
document.getElementById("done").addEventListener("click", enter);
document.getElementById("clear").addEventListener("click", clear);
changed();
till.resume().then(listen);
focus();
