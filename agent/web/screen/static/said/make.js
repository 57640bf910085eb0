// Elements and amounts, the two things every part of the view is made of.

import { formatAmount } from "./money.js";

/** Make an element: `attributes` are its properties (`class` its classes, `data` its data attributes, `aria` its ARIA
 *  ones), children are elements or texts. Every text goes in as text, never as markup. */
export function make(tag, attributes, ...children) {
  const { class: classes, data = {}, aria = {}, ...properties } = attributes;
  const element = Object.assign(document.createElement(tag), properties);
  if (classes) element.className = classes;
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(aria)) element.setAttribute(name === "role" ? "role" : `aria-${name}`, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Return minor units as text in the programme's currency. */
export function money(minor, style) {
  return (minor < 0 ? "\u2212" : "") + style.before + formatAmount(Math.abs(minor), style) + style.after;
}

/** Make a button that a key presses too. */
export function keyed(key, text, onclick, more = {}) {
  const label = key ? [make("kbd", {}, key), " "] : [];
  return make("button", { type: "button", onclick, ...more }, ...label, make("span", {}, text));
}

/** Show these children, and nothing else, in an element of the page. */
export const fill = (id, ...children) => document.getElementById(id).replaceChildren(...children.flat().filter(Boolean));
