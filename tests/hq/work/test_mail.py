"""Letters over a real line of SMTP to a server of loopback."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from hq.config import Mail
from hq.work.due import Work
from tests.hq.visitor import Visitor
from tests.hq.work.conftest import unheard


class Postbox:
    """Takes letters as RFC 5321 has it, and no more than that."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.letters: list[str] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            with line, line.makefile("rwb") as talk:
                self._take(talk)

    def _take(self, talk: object) -> None:
        def say(text: bytes) -> None:
            talk.write(text + b"\r\n")  # type: ignore[attr-defined]
            talk.flush()  # type: ignore[attr-defined]

        say(b"220 here")
        while said := talk.readline():  # type: ignore[attr-defined]
            word = said[:4].upper()
            if word == b"DATA":
                say(b"354 go on")
                lines = list(iter(talk.readline, b".\r\n"))  # type: ignore[attr-defined]
                self.letters.append(b"".join(lines).decode())
            say(b"221 bye" if word == b"QUIT" else b"250 good")
            if word == b"QUIT":
                return


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    box = Postbox()
    yield box
    box.close()


def _writing(work: Work, port: int) -> Work:
    mail = Mail("127.0.0.1", port, "tally@example.com", "it@example.com")
    return replace(work, settings=replace(work.settings, mail=mail))


def test_a_shop_that_is_silent_is_written_about_once_a_day(work: Work, till: Visitor, postbox: Postbox) -> None:
    writing = _writing(work, postbox.port)
    assert "silent:corner" not in {run.job for run in writing.run()}
    unheard(work.database, till, days=2)

    runs = {run.job: run.outcome for run in writing.run()}
    writing.run()

    assert runs["silent:corner"] == "done"
    (letter,) = postbox.letters
    assert "Subject: Test HQ: shop corner has not reported since" in letter.replace("\r\n ", " ")
    assert "To: it@example.com" in letter


def test_a_server_that_is_not_there_is_asked_again(work: Work, till: Visitor, postbox: Postbox) -> None:
    unheard(work.database, till, days=2)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        gone = unused.getsockname()[1]

    failed = {run.job: run for run in _writing(work, gone).run()}["silent:corner"]

    assert (failed.outcome, "refused" in failed.detail) == ("failed", True)
    assert {run.job: run.outcome for run in _writing(work, postbox.port).run()} == {"silent:corner": "done"}
    assert len(postbox.letters) == 1
