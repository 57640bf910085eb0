// What the page says, in the language it was served in. Strings come with the page; {names} in them are filled here.

export const language = document.documentElement.lang;
let strings = JSON.parse(document.body.dataset.strings);
let plurals = new Intl.PluralRules(language);
let numbers = new Intl.NumberFormat(language);

/** Go on in another language, with its strings. */
export function speak(other, said) {
  document.documentElement.lang = other;
  strings = said;
  plurals = new Intl.PluralRules(other);
  numbers = new Intl.NumberFormat(other);
}

/** Return a string by key, its {names} filled; one that goes with a number takes it from `count`. */
export function say(key, values = {}) {
  const found = strings[key];
  const text = typeof found === "string" ? found : (found[plurals.select(values.count)] ?? found.other);
  return text.replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}

/** Return what is said of something that has a title; a text that begins with the title says it already. */
export const titled = (title, text) => (text.startsWith(title) ? text : say("titled", { title, text }));

/** Return a number as the language writes it. */
export const figure = (number) => numbers.format(number);

/** Return what an error says in the page's language: as the agent put it, else the sentence of its code. */
export function complaint({ code, message, text }) {
  const sentence = language !== "en" && strings[`error.${code}`];
  const said = text || sentence || message;
  return said.charAt(0).toUpperCase() + said.slice(1);
}

/** Whether there is such a string. */
export const known = (key) => key in strings;

const shown = (value) => (typeof value === "number" ? figure(value) : value ?? "");
