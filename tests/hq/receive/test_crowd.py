"""S13: who comes when there is too much to do is told so at once, and everybody else is answered soon."""

import asyncio
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from hq.receive.crowd import LATER_S, Crowd, later_s
from tests.hq.test_kill import Victim

LOADED_S = 4.0  # what processors shared with other tests may make of the second that is promised
CONNECTIONS = 300


def _crowd_of(count: int, *, takes_s: float, turns: int = 1) -> tuple[Counter[bool], float]:
    """Let `count` requests that take `takes_s` come at once; return who was let in and the longest wait."""
    crowd = Crowd()
    lock = threading.Lock()

    def look() -> bool:
        with lock:  # one at a time, as a database's writer is
            time.sleep(takes_s)
        return True

    async def one() -> tuple[bool, float]:
        began = time.monotonic()
        return await crowd.admit(look, size=0) is not None, time.monotonic() - began

    async def all_at_once() -> list[tuple[bool, float]]:
        for _ in range(turns - 1):
            await asyncio.gather(*(one() for _ in range(count)))
        return await asyncio.gather(*(one() for _ in range(count)))

    results = asyncio.run(all_at_once())
    return Counter(admitted for admitted, _ in results), max(waited for _, waited in results)


def test_a_few_are_never_sent_away() -> None:
    admitted, _ = _crowd_of(4, takes_s=0.1)

    assert admitted == {True: 4}


def test_a_line_has_an_end_whatever_its_requests_take() -> None:
    admitted, _ = _crowd_of(500, takes_s=0.0)

    assert admitted[False] >= 500 - 64
    assert admitted[True] >= 4


def test_the_slower_the_requests_the_shorter_the_line() -> None:
    fast, _ = _crowd_of(100, takes_s=0.001, turns=2)
    slow, _ = _crowd_of(100, takes_s=0.03, turns=2)

    assert slow[True] < fast[True]


def test_S13_nobody_waits_for_long_whatever_those_before_him_take() -> None:
    """What the first ones take is not known yet when the others are let in."""
    admitted, waited_s = _crowd_of(30, takes_s=0.3)

    assert admitted[False] > 0
    assert admitted[True] >= 4
    assert waited_s < 4


def test_the_answer_passes_through() -> None:
    async def ask() -> str | None:
        return await Crowd().admit(lambda: "answer", size=0)

    assert asyncio.run(ask()) == "answer"


def test_an_error_leaves_its_place_to_others() -> None:
    def fail() -> None:
        raise ValueError("broken")

    async def ask() -> str | None:
        crowd = Crowd()
        for _ in range(100):
            with pytest.raises(ValueError, match="broken"):
                await crowd.admit(fail, size=0)
        return await crowd.admit(lambda: "answer", size=0)

    assert asyncio.run(ask()) == "answer"


def test_a_large_batch_says_that_the_next_one_follows() -> None:
    crowd = Crowd()

    asyncio.run(crowd.admit(lambda: None, size=1000))
    assert not crowd.is_pressing()

    asyncio.run(crowd.admit(lambda: None, size=100_000))
    assert crowd.is_pressing()


def test_a_large_batch_presses_while_it_is_looked_at_however_long_that_takes() -> None:
    crowd = Crowd()

    def look() -> bool:
        time.sleep(0.3)
        return crowd.is_pressing()

    assert asyncio.run(crowd.admit(look, size=100_000))


def test_a_crowd_says_that_more_will_come() -> None:
    async def come() -> bool:
        crowd = Crowd()
        await asyncio.gather(*(crowd.admit(lambda: time.sleep(0.01), size=0) for _ in range(100)))
        return crowd.is_pressing()

    assert asyncio.run(come())


def test_nobody_comes_back_with_all_others() -> None:
    drawn = Counter(later_s() for _ in range(3000))

    assert (min(drawn), max(drawn)) == LATER_S
    assert max(drawn.values()) < 8 * 3000 / len(drawn)


async def _visit(host: str, port: int, ends: float, seen: list[tuple[float, bytes, bool]]) -> None:
    """Put one request after the other over a connection of its own: unsigned ones, which are as dear as others."""
    reader, writer = await asyncio.open_connection(host, port)
    while time.monotonic() < ends:
        began = time.monotonic()
        writer.write(b"POST /sync/v1/where HTTP/1.1\r\nHost: hq\r\nContent-Length: 2\r\n\r\n{}")
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        seen.append((time.monotonic() - began, head[9:12], b"\r\nretry-after: " in head))
        await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
        await asyncio.sleep(0.2)
    writer.close()


@pytest.mark.slow
def test_S13_under_load_everybody_has_an_answer_or_is_told_when_to_come_again(folder: Path) -> None:
    """A headquarters in a process of its own, and more connections than it can answer."""
    seen: list[tuple[float, bytes, bool]] = []

    async def all_at_once(host: str, port: int) -> None:
        ends = time.monotonic() + 5
        await asyncio.gather(*(_visit(host, port, ends, seen) for _ in range(CONNECTIONS)))

    victim = Victim(folder)
    host, port = victim.begin().removeprefix("http://").split(":")
    try:
        asyncio.run(all_at_once(host, int(port)))
    finally:
        victim.kill()

    said = Counter(status for _, status, _ in seen)
    waited = sorted(seconds for seconds, _, _ in seen)
    assert set(said) <= {b"401", b"429"}
    assert said[b"429"] > 0
    assert said[b"401"] > 0
    assert all(says_when for _, status, says_when in seen if status == b"429")
    assert waited[len(waited) * 99 // 100] < LOADED_S, said
