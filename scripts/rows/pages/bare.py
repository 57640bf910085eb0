"""What a page costs that does nothing else: a static one, which shows every line that a device sends."""

from __future__ import annotations

import os
import queue
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PAGE = b"""<!doctype html><html lang="en"><title>bare</title><body><h1>Read a card</h1><section id="member"></section>
<script>
new EventSource("/events").onmessage = (event) => {
  const line = Object.assign(document.createElement("p"), { id: "who", textContent: event.data });
  document.getElementById("member").replaceChildren(line);
};
</script>"""


@contextmanager
def bare_page(device: str) -> Iterator[str]:
    """Serve it, with what is read from `device` (a terminal) line by line as events; gives its address."""
    lines: queue.Queue[bytes | None] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            if self.path != "/events":
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(_PAGE)))
                self.end_headers()
                self.wfile.write(_PAGE)
                return
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.wfile.write(b": hello\n\n")
            while (line := lines.get()) is not None:
                self.wfile.write(b"data: %s\n\n" % line)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        threading.Thread(target=_read, args=(device, lines), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        lines.put(None)
        server.shutdown()


def _read(device: str, lines: queue.Queue[bytes | None]) -> None:
    terminal = os.open(device, os.O_RDONLY | os.O_NOCTTY)
    tty.setraw(terminal)
    held = b""
    while True:
        try:
            held += os.read(terminal, 4096)
        except OSError:  # it was unplugged
            return
        *whole, held = held.split(b"\r")
        for line in whole:
            lines.put(line)
