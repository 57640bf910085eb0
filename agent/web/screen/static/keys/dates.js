// Days, months and years on the screen, for who has no keyboard: together they are the date in a field.

import { make } from "../said/make.js";
import { language } from "../said/words.js";

const FIRST_DECADE = 192; // nobody who joins was born before
const PARTS = ["day", "month", "decade", "year"]; // the year's last digit

/** Return the keys for the date in `field`, and `last` ones beside the year's. */
export function dates(field, last) {
  const [year, month, day] = field.value.split("-");
  const chosen = field.value ? { day: Number(day), month: Number(month), decade: Number(year.slice(0, 3)), year: Number(year[3]) } : {};
  const rows = make("div", { class: "dates" });

  function choose(part, number) {
    chosen[part] = number;
    field.value = wholeDate(chosen);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    draw();
  }

  function row(part, from, to, called) {
    const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    return make("div", { class: `row ${part}` }, numbers.map((number) => make("button", {
      type: "button", tabIndex: -1, onclick: () => choose(part, number),
      data: { date: `${part}-${number}` }, aria: { pressed: String(chosen[part] === number) },
    }, called(number))));
  }

  function draw() {
    const years = row("year", 0, 9, (number) => `${chosen.decade ?? "\u2026"}${number}`);
    years.append(...last);
    rows.replaceChildren(row("day", 1, 31, String), row("month", 1, 12, monthName),
      row("decade", FIRST_DECADE, Math.floor(new Date().getFullYear() / 10), (number) => `${number}\u2026`), years);
  }

  draw();
  return rows;
}

/** The date as its field has it; empty as long as a part is missing, or where that month has no such day. */
function wholeDate(chosen) {
  const { day, month, decade, year } = chosen;
  const there = PARTS.every((one) => one in chosen) && day <= new Date(decade * 10 + year, month, 0).getDate();
  return there ? `${decade}${year}-${two(month)}-${two(day)}` : "";
}

const two = (number) => String(number).padStart(2, "0");

const monthName = (month) => new Date(2000, month - 1, 1).toLocaleDateString(language, { month: "short" });
