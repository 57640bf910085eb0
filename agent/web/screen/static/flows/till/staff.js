// Who works at this screen: sign in with id and PIN, sign out; a supervisor begins and ends training.

import { get, newOp, post, session, signAs } from "../../agent/api.js";
import { say } from "../../said/words.js";

export function staff({ till, panel, tell, close }) {
  const field = (id) => panel.querySelector(`#staff-${id}`);
  const op = newOp();

  async function draw() {
    const who = session();
    field("who").textContent = who.staff ? say("signed_in_as", { name: who.staff }) : say("nobody_signed_in");
    panel.querySelector("[data-form=sign-in]").hidden = Boolean(who.staff);
    panel.querySelector("[data-action=sign-out]").hidden = !who.staff;
    const status = await get("status").catch(() => null);
    const training = panel.querySelector("[data-action=train]");
    training.hidden = status?.training === undefined;
    training.dataset.on = status?.training ? "" : "yes";
    training.textContent = say(status?.training ? "training_end" : "training_begin");
  }

  async function signIn() {
    const found = await till.trying(() => post("staff/sessions", { staff: field("id").value.trim(), pin: field("pin").value.trim() }));
    field("pin").value = "";
    if (!found) return;
    signAs(found);
    tell("good", say("signed_in_as", { name: found.staff }));
    close();
  }

  async function signOut() {
    await till.trying(() => post("staff/sessions/end", { session: session().session }));
    signAs({});
    draw();
  }

  async function train(button) {
    const on = button.dataset.on === "yes";
    if (!(await till.trying(() => post("training", { op, on })))) return;
    tell("good", say(on ? "training_begun" : "training_ended"));
    close();
  }

  draw();
  return { forms: { "sign-in": signIn }, actions: { "sign-out": signOut, train } };
}
