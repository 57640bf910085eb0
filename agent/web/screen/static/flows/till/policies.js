// What a cashier looks up for a customer: the shop's policies, notes on articles.

import { get } from "../../agent/api.js";
import { make } from "../../said/make.js";
import { say } from "../../said/words.js";

export function policies({ till, panel }) {
  const list = panel.querySelector("#policies-pages");
  let pages = [];

  function draw() {
    const words = panel.querySelector("#policies-text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = ({ title, text }) => words.every((word) => `${title} ${text}`.toLowerCase().includes(word));
    const shown = pages.filter(fits);
    list.replaceChildren(...shown.map(({ title, text }) => make("article", {}, make("h3", {}, title), ...text.split(/\n\s*\n/).map((said) => make("p", {}, said)))));
    if (!shown.length) list.replaceChildren(make("p", { class: "quiet" }, say("no_policies")));
  }

  till.trying(() => get("policies")).then((found) => {
    pages = found ? [...found.pages, ...Object.entries(found.notes).map(([title, text]) => ({ title, text }))] : [];
    draw();
  });
  panel.querySelector("#policies-text").addEventListener("input", draw);
  return { forms: { policies: draw } };
}
