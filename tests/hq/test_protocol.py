"""What is not a body has an end, whoever sends it; a body has its own limit."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hq.protocol import HEAD_BYTES_MAX
from tests.hq.headquarters import copied, serving
from tests.hq.postgres import Postgres

HEAD = b"POST /sync/v1/where HTTP/1.1\r\nHost: hq\r\n"
TOO_MUCH = b"x" * (HEAD_BYTES_MAX + 1)


@pytest.fixture(scope="module")
def address(founded: Path, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[tuple[str, int]]:
    with (
        copied(founded, tmp_path_factory.mktemp("protocol") / "hq", postgres) as folder,
        serving(folder) as served,
    ):
        host, _, port = served.removeprefix("http://").partition(":")
        yield host, int(port)


def _said(address: tuple[str, int], *parts: bytes, answers: int = 1) -> list[str]:
    """Send parts as they are and return the status of each answer."""
    with socket.create_connection(address, timeout=10) as line, line.makefile("rb") as answer:
        found = []
        for part in parts:
            line.sendall(part)
        for _ in range(answers):
            found.append(answer.readline().split()[1].decode())
            size = 0
            while (header := answer.readline().strip()) != b"":
                name, _, value = header.partition(b":")
                size = int(value) if name.lower() == b"content-length" else size
            answer.read(size)
        return found


@pytest.mark.parametrize(
    "endless",
    [
        [HEAD, b"X: ", TOO_MUCH],
        [HEAD, *(b"X-%d: y\r\n" % i for i in range(HEAD_BYTES_MAX // 7))],
        [b"POST /sync/v1/", TOO_MUCH],
        [HEAD, b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X: ", TOO_MUCH],
    ],
)
def test_a_head_without_an_end_is_not_listened_to(address: tuple[str, int], endless: list[bytes]) -> None:
    assert _said(address, b"".join(endless)) == ["400"]


def test_a_body_is_no_part_of_the_head(address: tuple[str, int]) -> None:
    body = bytes(HEAD_BYTES_MAX)

    assert _said(address, HEAD, b"Content-Length: %d\r\n\r\n" % len(body), body) == ["401"]


def test_every_request_of_a_connection_is_counted_anew(address: tuple[str, int]) -> None:
    request = HEAD + b"X: " + b"x" * (HEAD_BYTES_MAX // 3) + b"\r\nContent-Length: 2\r\n\r\n{}"

    assert _said(address, *[request] * 6, answers=6) == ["401"] * 6
