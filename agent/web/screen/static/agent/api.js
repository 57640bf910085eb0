// The agent, as the page asks it. An op is made, and kept, before anything is sent: a repetition has one effect.

import { say } from "../said/words.js";

const ANSWER_MS = 10000;
const SESSION = "tally.session";
let asking = null; // how a supervisor is asked for

/** What the agent said no with, or `unknown` if there was no answer and the request may have counted. */
export class ApiError extends Error {
  constructor({ code, message, text, hint, ...more }, unknown) {
    super(message);
    Object.assign(this, { code, text, hint, unknown, more });
  }
}

/** Return a new op: "scr-" and a random UUID. */
export function newOp() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;  // a UUID (RFC 9562, 5.4): other long numbers are refused as card-like
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return "scr-" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const get = (path) => ask("GET", "/v1/" + path);

/** Send a request; if it needs a supervisor, ask for one and send the same request again. */
export async function post(path, body) {
  try {
    return await ask("POST", "/v1/" + path, body);
  } catch (error) {
    if (error.code !== "approval_needed" || !asking) throw error;
    if (!(await asking({ op: body.op, action: error.more.action, message: error.text }))) throw error;
    return ask("POST", "/v1/" + path, body);
  }
}

/** Say how a supervisor is asked: `ask` resolves to whether the request may be sent again. */
export function askSupervisor(ask) {
  asking = ask;
}

/** How the sale at hand stands; with a body, how this screen says that it stands. */
export const atHand = (body) => ask(body ? "POST" : "GET", "/screen/sale", body);

/** Who is signed in at this screen: { session, staff, role }, or {} for nobody. */
export const session = () => JSON.parse(sessionStorage.getItem(SESSION)) ?? {};

/** Send who is signed in with every request from here on; {} for nobody. */
export function signAs(found) {
  sessionStorage.setItem(SESSION, JSON.stringify(found));
  document.dispatchEvent(new Event("signed"));
}

async function ask(method, path, body) {
  const request = { method, headers: {}, signal: AbortSignal.timeout(ANSWER_MS) };
  const signed = session().session;
  if (signed) request.headers["Tally-Session"] = signed;
  if (body) {
    request.headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  let answer;
  let value;
  try {
    answer = await fetch(path, request);
    value = await answer.json();
  } catch {
    const silent = { code: "no_answer", message: say("agent_silent"), hint: say("agent_silent_hint") };
    throw new ApiError(silent, true);
  }
  if (answer.ok) return value;
  if (value.error.code === "not_signed_in") signAs({});
  throw new ApiError(value.error, answer.status >= 500);
}
