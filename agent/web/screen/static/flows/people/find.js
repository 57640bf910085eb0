// Who is it without a card: a card's number, a phone number, an e-mail address, or words of a name.

import { post } from "../../agent/api.js";
import { personButtons } from "../../panels/idle.js";
import { say } from "../../said/words.js";

export function find({ till, panel, tell, close, given }) {
  const field = panel.querySelector("#find-text");
  const list = panel.querySelector("#found");
  let found = [];

  async function look(text) {
    const typed = text.trim();
    if (!typed) return;
    found = (await till.trying(() => lookUp(typed))) ?? [];
    if (found.length === 1) {
      take(0);
      return;
    }
    list.replaceChildren(...personButtons(found, take));
    if (found.length) list.firstElementChild.focus();
    else tell("bad", say("nobody_found"), say("nobody_found_hint"));
  }

  function take(i) {
    till.show(found[i]);
    close();
  }

  if (given.text) {
    field.value = given.text;
    look(given.text);
  }
  return { forms: { find: () => look(field.value) } };
}

/** Look up by what was typed: digits are a card's number or a phone number, an @ stands in an e-mail address. */
export async function lookUp(typed) {
  if (typed.includes("@")) return (await post("identify", { email: typed })).members;
  if (!/^[0-9+()./ -]+$/.test(typed)) return (await post("identify", { name: typed })).members;
  try {
    return (await post("identify", { card: typed })).members;
  } catch (error) {
    if (error.code !== "unknown") throw error;
    return (await post("identify", { phone: typed })).members;
  }
}
