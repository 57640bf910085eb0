// Amounts: typed as people type them, kept as whole minor units, shown with the programme's currency.

const AMOUNT = /^([0-9]{1,7})(?:[.,]([0-9]*))?$/;

/** Return the minor units of a typed amount ("12.5", "12,50"), or null if it is none. */
export function parseAmount(text, digits) {
  const match = AMOUNT.exec(text.trim());
  if (!match || (match[2] || "").length > digits) return null;
  return Number(match[1]) * 10 ** digits + Number((match[2] || "").padEnd(digits, "0") || 0);
}

/** Return minor units, none below 0, as text in the page's language: 1250 is "12.50", or "12,50". */
export function formatAmount(minor, { digits, group, point }) {
  const text = String(minor).padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits).replace(/\B(?=([0-9]{3})+$)/g, group);
  return whole + (digits ? point + text.slice(-digits) : "");
}

/** Say whether a text typed as amount is so long that it must be a card's number. */
export function looksLikeCard(text) {
  return /^[0-9][0-9 ]{7,}$/.test(text.trim());
}
