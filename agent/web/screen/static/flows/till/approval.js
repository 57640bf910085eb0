// A supervisor's word for one request: it lies over whatever asked for it, and that goes on when it is given.

import { post } from "../../agent/api.js";
import { letters } from "../../keys/letters.js";
import { complaint, known, say } from "../../said/words.js";

/** Ask for a supervisor's id and PIN for the request with this op. Resolves to whether it may be sent again. */
export function approval({ op, action, message }, tell) {
  const section = document.getElementById("approval");
  section.replaceChildren(document.getElementById("flow-approval").content.cloneNode(true));
  const why = known(`approve_${action}`) ? say(`approve_${action}`) : message;
  section.querySelector("#approval-why").textContent = why;
  const touched = matchMedia("(pointer: coarse)").matches || localStorage.getItem("tally.letters") === "yes";
  if (touched) section.append(letters(section));
  section.hidden = false;
  const under = document.querySelectorAll("#member, #sale, #flow, #bar");
  const before = [...under].map((element) => element.inert);
  under.forEach((element) => { element.inert = true; });
  section.querySelector("input").focus();
  return new Promise((resolve) => {
    const end = (given) => {
      section.hidden = true;
      under.forEach((element, i) => { element.inert = before[i]; });
      section.replaceChildren();
      resolve(given);
    };
    section.onkeydown = (event) => {
      if (event.key === "Escape") end(false);
      if (event.key === "Escape" || /^F[0-9]+$/.test(event.key)) event.preventDefault();
      event.stopPropagation();
    };
    section.onclick = (event) => event.target.closest("[data-action=back]") && end(false);
    section.onsubmit = async (event) => {
      event.preventDefault();
      const [supervisor, pin] = ["id", "pin"].map((name) => section.querySelector(`#approval-${name}`).value.trim());
      try {
        await post("staff/approvals", { op, action, supervisor, pin });
        end(true);
      } catch (error) {
        tell("bad", complaint(error), error.hint);
        section.querySelector("#approval-pin").value = "";
        section.querySelector("#approval-pin").focus();
      }
    };
  });
}
