// Which letter does what while the sale is shown: a reward, a category, the shop's rules, a word on a slip.

export const OFFERS = ["R", "T", "Y", "U"];
const POLICIES = "I";
const SLIP = { J: true, K: false }; // it came out whole, or not

/** Return the first free letter of each category's name. */
export function categoryKeys(categories) {
  const taken = new Set([...OFFERS, POLICIES, ...Object.keys(SLIP)]);
  const letters = {};
  for (const name of categories) {
    const letter = [...name.toUpperCase(), ..."ABCDEFGHLMNOPQSVWXZ"].find((c) => /[A-Z]/.test(c) && !taken.has(c));
    taken.add(letter);
    letters[name] = letter;
  }
  return letters;
}

/** Do what a letter stands for. */
export function command(key, act) {
  const category = Object.keys(act.categoryKeys).find((name) => act.categoryKeys[name] === key);
  if (category) act.add(category);
  else if (OFFERS.includes(key)) act.redeem(OFFERS.indexOf(key));
  else if (key in SLIP) act.slip(SLIP[key]);
  else if (key === POLICIES) act.open("policies")();
}
