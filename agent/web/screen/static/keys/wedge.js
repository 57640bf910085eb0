// Keys that come one by one are a person's: letters are commands. A burst of them is a reader that types, of which the
// agent was not told: what it typed is looked up as if a device had read it, and leaves nothing in the amount.

const FAST_MS = 30; // between two keys of a reader; people need three times as long
const LONG = 8; // characters of a burst that no person types
const PAUSE_MS = 40; // after a letter: is it a command, or did a burst begin?

export class Wedge {
  /** `command(key)` is told a person's letter, `scanned(text)` what a reader typed; `field` is the amount's. */
  constructor(field, command, scanned) {
    Object.assign(this, { field, command, scanned });
    this.burst = "";
    this.letters = "";
    this.before = "";
    this.at = 0;
    this.timer = 0;
  }

  /** Take a key that was pressed outside of any other field. Returns whether it is used up. */
  pressed(event) {
    const fast = event.timeStamp - this.at < FAST_MS;
    this.at = event.timeStamp;
    if (!fast) this.begin();
    if (event.key === "Enter") return this.entered();
    if (event.key.length !== 1) return false;
    this.burst += event.key;
    const letter = !/[0-9., ]/.test(event.key);
    if (letter) this.letters += event.key;
    clearTimeout(this.timer);
    if (this.burst.length >= LONG) {
      this.field.value = this.before;
      this.timer = setTimeout(() => this.entered(), PAUSE_MS * 3);
      return true;
    }
    if (this.letters) this.timer = setTimeout(() => this.flush(), PAUSE_MS);
    return letter;
  }

  begin() {
    this.flush();
    this.before = this.field.value;
    this.burst = "";
  }

  /** Enter, or a long pause: a long burst was a reading. */
  entered() {
    clearTimeout(this.timer);
    const text = this.burst;
    if (text.length < LONG) {
      this.flush();
      return false;
    }
    this.letters = this.burst = "";
    this.scanned(text);
    return true;
  }

  flush() {
    clearTimeout(this.timer);
    const letters = this.letters;
    this.letters = "";
    for (const letter of letters) this.command(letter.toUpperCase());
  }
}
