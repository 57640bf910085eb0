// A punch card, drawn as one: holes that are punched, those that this sale punches, and the free place at the end.

import { make } from "../said/make.js";
import { say } from "../said/words.js";

/** Return a punch card in words: "Coffee card: 7 of 10". */
export const punchedText = ({ label, punched, of }) => say("punched_of", { label, punched, of });

/** Return a punch card under a heading; `gain` is what this sale would punch. */
export function punchCard(card, gain, heading = "h3") {
  const places = Array.from({ length: card.of }, (_, i) => {
    const coming = i < card.punched + gain ? "coming" : "";
    const last = i === card.of - 1 ? "free" : "";
    return make("i", { class: `${i < card.punched ? "punched" : coming} ${last}` }, last && "\u2605");
  });
  const left = card.of - 1 - card.punched;
  const label = punchedText(card);
  return make("div", { class: "punches" },
    make(heading, {}, make("span", {}, card.label), make("small", {}, left > 0 ? say("to_go", { count: left }) : say("one_is_free"))),
    make("div", { class: "places", aria: { role: "img", label } }, places));
}
