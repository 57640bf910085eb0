import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from agent.upkeep.replay.events import Event, EventStream

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


@contextmanager
def stream_of(*parts: bytes, status: bytes = HEAD, hold: bool = False) -> Iterator[EventStream]:
    """Serve `parts` to one connection after the other; with `hold` the line stays open when a part is out."""
    done = threading.Event()

    def serve() -> None:
        for part in parts:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(status + part)
                if hold:
                    done.wait(5)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=url, trust_env=False) as client:
            stream = EventStream(client)
            try:
                yield stream
            finally:
                stream.close()
                done.set()
                thread.join()


def soon() -> float:
    return time.monotonic() + 5


def test_events_are_read_one_by_one_and_comments_are_passed_over() -> None:
    with stream_of(b': hi\n\nevent: member\ndata: {"a": 1}\n\nevent:sale\r\ndata:{"b":\r\ndata: 2}\r\n\r\n') as stream:
        stream.connect(silence_s=1)

        assert stream.read(until=soon()) == Event("member", {"a": 1})
        assert stream.read(until=soon()) == Event("sale", {"b": 2})


def test_a_lost_connection_is_said_and_renewed_without_the_half_event() -> None:
    with stream_of(b'event: member\ndata: {"a":', b'event: sale\ndata: {"b": 2}\n\n') as stream:
        stream.connect(silence_s=1)
        with pytest.raises(httpx.TransportError):
            stream.read(until=soon())

        stream.connect(silence_s=1)
        assert stream.read(until=soon()) == Event("sale", {"b": 2})


def test_silence_ends_the_connection() -> None:
    with stream_of(b": hi\n\n", hold=True) as stream:
        stream.connect(silence_s=0.05)

        with pytest.raises(httpx.ReadTimeout):
            stream.read(until=soon())


def test_a_line_that_only_carries_comments_is_not_waited_on_for_ever() -> None:
    with stream_of(b": beat\n\n" * 100, hold=True) as stream:
        stream.connect(silence_s=1)

        assert stream.read(until=time.monotonic()) is None


def test_a_refused_stream_is_an_error_with_the_answer() -> None:
    refused = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n"
    with stream_of(b"no", status=refused) as stream:
        with pytest.raises(httpx.HTTPStatusError) as error:
            stream.connect(silence_s=1)
        assert error.value.response.text == "no"
