"""HTTP/1.1 as httptools reads it, which takes half of h11's time, with an end to what is not a body.

uvicorn bounds a request's head when h11 reads it, and does not when httptools does: whoever finds the door could fill
the memory with one header that never ends.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024  # of what comes with a body: line, headers, lengths of chunks, trailers; h11's limit, too


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._beside_body = 0

    def data_received(self, data: bytes) -> None:
        """Read what came; answer 400 and hang up if there is no end to it."""
        self._beside_body += len(data)
        super().data_received(data)
        if self._beside_body > HEAD_BYTES_MAX and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._beside_body = max(0, self._beside_body - len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Begin to count anew."""
        self._beside_body = 0
        super().on_message_complete()
