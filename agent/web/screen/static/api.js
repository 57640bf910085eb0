// The local API, as the page uses it. An op is made, and kept, before anything is sent: a repetition has one effect.

/** What the agent said no with, or `unknown` if there was no answer and the request may have counted. */
export class ApiError extends Error {
  constructor(code, message, hint, unknown) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.unknown = unknown;
  }
}

const ANSWER_MS = 10000;

/** Return a new op: "scr-" and a random UUID. */
export function newOp() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;  // a UUID (RFC 9562, 5.4): other long numbers are refused as card-like
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return "scr-" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const get = (path) => ask("GET", path);
export const post = (path, body) => ask("POST", path, body);

async function ask(method, path, body) {
  const request = { method, signal: AbortSignal.timeout(ANSWER_MS) };
  if (body) {
    request.headers = { "Content-Type": "application/json" };
    request.body = JSON.stringify(body);
  }
  let answer;
  let value;
  try {
    answer = await fetch("/v1/" + path, request);
    value = await answer.json();
  } catch {
    throw new ApiError("no_answer", "The till's agent does not answer", "try again: nothing counts twice", true);
  }
  if (answer.ok) return value;
  const { code, message, hint } = value.error;
  throw new ApiError(code, message, hint, answer.status >= 500);
}
