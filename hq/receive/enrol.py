"""Enrolment: a one-off code for a planned till, taken once by the till that shows it first.

A code is four groups of four Crockford base32 characters (no I, L, O, U). The first group names the code, the other
sixty bits are the secret: only their hash is kept, and five wrong secrets end a code for good. Whoever shows twenty
wrong codes in an hour, of whatever name, is not listened to until the hour is over.

A till that is enrolled is enrolled anew only by a code that says so (`make_code` with `replace`): that is the approval.
The new machine takes the place, the old one's key is refused from then on, and where its journal stood is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from agent.errors import NotAllowedError, RejectedError
from agent.journal.wire.enrolling import Enrolment
from agent.journal.wire.place import HQ
from hq.clock import now_ms
from hq.config import check_name
from hq.database import insert
from hq.publish.announce import Kind, announce
from hq.receive.replacing import replace_machine
from hq.receive.tills import NEVER_ASKED, raise_flag
from hq.tables import enrol_code, guess, till

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
WRONG_MAX = 5  # of one code
GUESSES_MAX = 20  # from one address ...
_GUESSES_MS = 3_600_000  # ... in an hour
_HANDLE, _SECRET, _GROUP = 4, 12, 4
_READ_AS = str.maketrans("ILO", "110", "- ")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Code:
    """A fresh code, the till it is for, and when it ends (Unix ms)."""

    code: str
    till: str
    expires_ms: int


def make_code(conn: Connection, *, shop: str, name: str, lasts_s: int, replace: bool = False) -> Code:
    """Make a code for the till `shop`/`name`; with `replace`, for another machine in the place of an enrolled till.

    Raises NotAllowedError when that till is enrolled already, or with `replace` when it is not.
    """
    till_id = f"{check_name('shop', shop)}/{check_name('till', name)}"
    enrolled = conn.scalar(select(till.c.id).where(till.c.id == till_id)) is not None
    if enrolled and not replace:
        hint = "give the new till another name, or replace the machine: `tally-hq enrol-code --replace`"
        raise NotAllowedError(f"till {till_id!r} is enrolled already", hint=hint)
    if replace and not enrolled:
        raise NotAllowedError(f"till {till_id!r} is not enrolled", hint="make its code without `--replace`")
    text = "".join(secrets.choice(ALPHABET) for _ in range(_HANDLE + _SECRET))
    expires_ms = now_ms() + lasts_s * 1000
    values = {
        "secret_hash": _hash(text[_HANDLE:]),
        "till": till_id,
        "shop": shop,
        "expires_ms": expires_ms,
        "wrong": 0,
        "replaces": replace,
        "used_key": None,
    }
    statement = insert(conn, enrol_code).values(handle=text[:_HANDLE], **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["handle"], set_=values))
    groups = [text[at : at + _GROUP] for at in range(0, len(text), _GROUP)]
    return Code("-".join(groups), till_id, expires_ms)


def enrol(conn: Connection, asked: Enrolment, *, source: str) -> str | None:
    """Enrol a till and return its id, or None if the code does not hold (the guess is counted).

    The same till showing the same code again is enrolled still. Raises RejectedError when the code is right, but used
    by another, too old, or made for another till, and when too many wrong ones came from the address `source`.
    """
    _check_source(conn, source)
    text = asked.code.upper().translate(_READ_AS)
    handle, secret = text[:_HANDLE], text[_HANDLE:]
    row = conn.execute(select(enrol_code).where(enrol_code.c.handle == handle).with_for_update()).one_or_none()
    if row is None or row.wrong >= WRONG_MAX:
        _count(conn, source, HQ, "no such code")
        return None
    if not hmac.compare_digest(row.secret_hash, _hash(secret)):
        conn.execute(update(enrol_code).where(enrol_code.c.handle == handle).values(wrong=row.wrong + 1))
        _count(conn, source, row.till, "wrong secret")
        return None
    if row.used_key == asked.key:
        return str(row.till)
    if row.used_key is not None:
        raise RejectedError("this code was used by another till", hint="ask headquarters for a new code")
    if row.expires_ms < now_ms():
        raise RejectedError("this code is too old", hint="ask headquarters for a new code")
    if row.till != asked.till:
        hint = f"name this till {row.till!r}, or ask headquarters for a code for {asked.till!r}"
        raise RejectedError(f"this code is for till {row.till!r}, not for {asked.till!r}", hint=hint)
    if row.replaces:
        replace_machine(conn, asked)
    else:
        _add(conn, asked, row.shop)
    conn.execute(update(enrol_code).where(enrol_code.c.handle == handle).values(used_key=asked.key))
    return asked.till


def _add(conn: Connection, asked: Enrolment, shop: str) -> None:
    added = insert(conn, till).values(
        id=asked.till,
        shop=shop,
        key=asked.key,
        profile_key=asked.profile_key,
        enrolled_ms=now_ms(),
        contact_ms=now_ms(),
        **NEVER_ASKED,
    )
    if conn.scalar(added.on_conflict_do_nothing().returning(till.c.id)) is None:
        raise RejectedError(f"till {asked.till!r} is enrolled already", hint="ask headquarters for a code")
    announce(conn, Kind.TILL, [asked.till])
    log.info("enrolled till=%s", asked.till)


def _check_source(conn: Connection, source: str) -> None:
    """Raise RejectedError if too many wrong codes came from an address lately."""
    row = conn.execute(select(guess).where(guess.c.source == source)).one_or_none()
    if row is not None and row.times >= GUESSES_MAX and 0 <= now_ms() - row.since_ms < _GUESSES_MS:
        log.warning("enrolment refused: %d wrong codes came from %s", row.times, source)
        raise RejectedError("too many wrong codes came from this address", hint="wait an hour, then check the code")


def _count(conn: Connection, source: str, till_id: str, what: str) -> None:
    """Count a wrong code; somebody should look at who guesses."""
    raise_flag(conn, till_id, "enrolment", f"{what}, shown from {source}")
    at_ms = now_ms()
    row = conn.execute(select(guess).where(guess.c.source == source)).one_or_none()
    counted = {"since_ms": at_ms, "times": 1}
    if row is not None and 0 <= at_ms - row.since_ms < _GUESSES_MS:
        counted = {"since_ms": row.since_ms, "times": row.times + 1}
    statement = insert(conn, guess).values(source=source, **counted)
    conn.execute(statement.on_conflict_do_update(index_elements=["source"], set_=counted))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(b"tallystick enrolment 1\n" + secret.encode()).digest()
