// Elements and amounts, the two things every part of the view is made of.

import { formatAmount } from "./money.js";

/** Make an element: `attributes` are its properties (`class` its classes), children are elements or texts. */
export function make(tag, attributes, ...children) {
  const { class: classes = "", ...properties } = attributes;
  const element = Object.assign(document.createElement(tag), properties);
  element.className = classes;
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Return minor units as text in the programme's currency. */
export function money(minor, style) {
  return (minor < 0 ? "\u2212" : "") + style.before + formatAmount(Math.abs(minor), style) + style.after;
}
