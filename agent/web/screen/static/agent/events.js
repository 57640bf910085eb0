// The agent's events, for as long as the page is open. A stream that ends is begun again; what was missed is asked for.

const AGAIN_MS = 2000;

/** Listen: `take[kind](data)` for each event, `opened()` after every beginning, `silent()` while there is no answer. */
export function listen(take, opened, silent) {
  const events = new EventSource("/v1/events");
  for (const kind of Object.keys(take)) {
    events.addEventListener(kind, (event) => take[kind](JSON.parse(event.data)));
  }
  events.onopen = opened;
  events.onerror = () => {
    silent();
    if (events.readyState === EventSource.CLOSED) setTimeout(() => listen(take, opened, silent), AGAIN_MS);
  };
}
