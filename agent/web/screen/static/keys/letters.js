// Letters on the screen, for who has no keyboard: they type into the field of a flow that was touched last. A date has
// keys of its own.

import { make } from "../said/make.js";
import { language, say } from "../said/words.js";
import { dates } from "./dates.js";
import { typeInto } from "./pad.js";

const ROWS = {
  en: ["1234567890", "qwertyuiop", "asdfghjkl'", "zxcvbnm-+@."],
  fr: ["1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn'-+@."],
  ro: ["1234567890", "qwertyuiop\u0103", "asdfghjkl\u0219\u021b", "zxcvbnm-+@."],
  ru: ["1234567890", "\u0439\u0446\u0443\u043a\u0435\u043d\u0433\u0448\u0449\u0437\u0445\u044a",
    "\u0444\u044b\u0432\u0430\u043f\u0440\u043e\u043b\u0434\u0436\u044d", "\u044f\u0447\u0441\u043c\u0438\u0442\u044c\u0431\u044e-+@."],
};
const BESIDE = { en: "", fr: "\u00e9\u00e8\u00ea\u00e0\u00e7", ro: "\u00e2\u00ee", ru: "\u0451" }; // beside the space
const OTHER = { ru: "ABC", back: "\u0410\u0411\u0412" }; // codes and addresses are written in Latin letters

let field = null;

/** Return the keys, and have them type into whichever field of `panel` has or had the focus. */
export function letters(panel) {
  const board = make("div", { id: "letters", aria: { role: "group", label: say("letters") } }, rowsOf(language));
  field = panel.querySelector("input:not([type=checkbox]):not([type=radio])");
  panel.addEventListener("focusin", (event) => {
    if (!event.target.matches("input:not([type=checkbox]):not([type=radio])")) return;
    if (event.target.type === "date") board.replaceChildren(dates(event.target, lastKeys()));
    else if (field.type === "date") board.replaceChildren(...rowsOf(language));
    field = event.target;
    field.scrollIntoView({ block: "nearest" });
  });
  board.addEventListener("pointerdown", (event) => event.preventDefault());
  board.addEventListener("click", (event) => press(event.target.closest("[data-letter]")));
  return board;
}

function rowsOf(alphabet) {
  const rows = ROWS[alphabet].map((row) => make("div", { class: "row" }, [...row].map((letter) => key(letter, letter))));
  const other = language in OTHER && key("other", OTHER[alphabet === language ? language : "back"], "wide");
  return [...rows, make("div", { class: "row" }, other, [...BESIDE[alphabet]].map((letter) => key(letter, letter)),
    key(" ", say("space"), "wide"), ...lastKeys())];
}

function lastKeys() {
  const enter = [make("kbd", {}, "Enter"), make("span", { class: "unseen" }, say("done"))];
  return [key("rub", "\u232b", "wide", say("rub_out")), key("enter", enter, "main wide")];
}

function key(letter, text, classes = "", label = null) {
  return make("button", { type: "button", tabIndex: -1, class: classes, data: { letter }, aria: label ? { label } : {} }, text);
}

function press(button) {
  if (!button || !field) return;
  const letter = button.dataset.letter;
  if (letter === "rub" && field.type === "date") {
    field.value = "";
    button.closest("#letters").replaceChildren(dates(field, lastKeys()));
    return;
  }
  if (letter === "enter") {
    field.form.requestSubmit();
    return;
  }
  if (letter === "other") {
    const other = button.textContent === OTHER.back ? language : "en";
    button.closest("#letters").replaceChildren(...rowsOf(other));
    return;
  }
  const first = field.id.endsWith("-name") && /(^|[\s'-])$/.test(field.value.slice(0, field.selectionStart));
  typeInto(field, letter !== "rub" && first ? letter.toUpperCase() : letter);
}
