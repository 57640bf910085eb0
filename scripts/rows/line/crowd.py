"""`crowd_answer`: ten thousand tills come back after an outage, each with the settings as they come."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.sync.settings import SyncSettings
from agent.sync.signatures import sign
from play.house import SHOP, House
from rows.row import Row

TILLS = 10_000
OUTAGE_S = 60.0  # of all outages it brings the most at once: nobody has begun to wait for long
_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_TILL = {
    "shop": SHOP,
    "key": _KEY.public_key().public_bytes_raw(),
    "profile_key": bytes(32),
    "enrolled_ms": 0,
    "contact_ms": 0,
    "counter": 0,
    "nonce": "",
    "request": b"",
    "status": 0,
    "answer": b"",
    "answer_type": "",
}
_CHANCE = random.Random(60)  # noqa: S311 - it spreads them


def crowd_answer(folder: Path) -> list[Row]:
    """Seconds from a till's opening its connection to the end of its answer, or its 429: the longest of all tills.

    Against a bare server that gives all of them the same answer, unread. `crowd_served`: how many a second were
    answered otherwise than by 429.
    """
    folder = folder / "crowd"
    house, visits = House(folder), folder / "visits.json"
    try:
        house.found()
        epoch = _enrol(house)
        moments = _moments(SyncSettings(house.hq_url))
        visits.write_bytes(orjson.dumps([(at_s, _request(number, epoch)) for number, at_s in enumerate(moments)]))
        house.start_hq()
        seen = _flood(house.hq_url.rpartition(":")[2], visits)
    finally:
        house.__exit__()
    with subprocess.Popen([sys.executable, "-m", "rows.line.flood", "echo"], stdout=subprocess.PIPE) as echo:
        assert echo.stdout is not None
        bare = _flood(echo.stdout.readline().decode().strip(), visits)
        echo.kill()
    worst, bare_worst = _worst_s(seen), _worst_s(bare)
    asked, served = sum(map(len, seen["waited"].values())), len(seen["waited"].get("200", []))
    print(
        f"crowd_answer: {asked} requests, {seen['open_most']} at once, {seen['unanswered']} unanswered", file=sys.stderr
    )
    return [
        Row("crowd_answer", worst, "s p100", bare_worst, worst / bare_worst),
        Row("crowd_served", served, "requests", asked, served / asked),
    ]


def _enrol(house: House) -> str:
    """Let headquarters know the tills, which have one key, and return its epoch."""
    with closing(sqlite3.connect(house.hq_folder / "hq.sqlite")) as conn, conn:
        names, marks = ", ".join(_TILL), ", ".join("?" * len(_TILL))
        rows = ((_id(number), *_TILL.values()) for number in range(TILLS))
        conn.executemany(f"INSERT INTO till (id, {names}) VALUES (?, {marks})", rows)  # noqa: S608 - our own
        (epoch,) = conn.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
        return str(epoch)


def _id(number: int) -> str:
    return f"{SHOP}/{number}"


def _moments(settings: SyncSettings) -> list[float]:
    """Return when each till asks first after the outage (s), by the rules it asks by."""
    found = []
    for _ in range(TILLS):
        at_s, bound_s = _CHANCE.uniform(0, settings.poll_s), settings.retry_s
        while at_s < OUTAGE_S:
            at_s += _CHANCE.uniform(0, min(bound_s, settings.retry_max_s))
            bound_s *= 2
        found.append(at_s - OUTAGE_S)
    return found


def _request(number: int, epoch: str) -> str:
    body = b"{}"
    nonce = f"{epoch}.1.{number:032x}"
    signed = sign("http://hq/sync/v1/where", "application/json", body, key=_KEY, key_id=_id(number), nonce=nonce)
    headers = {"Host": "hq", **signed.headers, "Content-Length": str(len(body))}
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(["POST /sync/v1/where HTTP/1.1", *lines, "", body.decode()])


def _flood(port: str, visits: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "rows.line.flood", "tills", port, str(visits)], stdout=subprocess.PIPE, check=True
    )
    seen: dict[str, Any] = orjson.loads(done.stdout)
    return seen


def _worst_s(seen: dict[str, Any]) -> float:
    """Return the longest wait; endless if a request had no answer."""
    if seen["unanswered"]:
        return float("inf")
    return float(max(map(max, seen["waited"].values())))
