// The number pad beside the sale, for who has no keyboard: it types where the amount is typed.

/** Have the pad's keys type into `field`. */
export function usePad(field) {
  const pad = document.getElementById("pad");
  pad.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  pad.addEventListener("click", (event) => {
    const typed = event.target.closest("[data-type]")?.dataset.type;
    if (typed && !field.readOnly) typeInto(field, typed);
  });
}

/** Type a text where the caret is, or rub out what is before it. */
export function typeInto(field, typed) {
  const { selectionStart: start, selectionEnd: end } = field;
  if (typed === "rub") field.setRangeText("", start === end ? Math.max(start - 1, 0) : start, end, "end");
  else if (field.value.length + typed.length <= (field.maxLength > 0 ? field.maxLength : Infinity)) {
    field.setRangeText(typed, start, end, "end");
  }
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
