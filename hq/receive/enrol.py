"""Enrolment: a one-off code for a planned till, taken once by the till that shows it first.

A code is four groups of four Crockford base32 characters (no I, L, O, U). The first group names the code, the other
sixty bits are the secret: only their hash is kept, and five wrong secrets end a code for good.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert

from agent.errors import NotAllowedError, RejectedError
from agent.journal.wire import Enrolment
from hq.clock import now_ms
from hq.config import check_name
from hq.tables import enrol_code, till

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
WRONG_MAX = 5
_HANDLE, _SECRET, _GROUP = 4, 12, 4
_READ_AS = str.maketrans("ILO", "110", "- ")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Code:
    """A fresh code, the till it is for, and when it ends (Unix ms)."""

    code: str
    till: str
    expires_ms: int


def make_code(conn: Connection, *, shop: str, name: str, lasts_s: int) -> Code:
    """Make a code for the till `shop`/`name`; raises NotAllowedError when that till is enrolled already."""
    till_id = f"{check_name('shop', shop)}/{check_name('till', name)}"
    if conn.scalar(select(till.c.id).where(till.c.id == till_id)) is not None:
        raise NotAllowedError(f"till {till_id!r} is enrolled already", hint="give the new till another name")
    text = "".join(secrets.choice(ALPHABET) for _ in range(_HANDLE + _SECRET))
    expires_ms = now_ms() + lasts_s * 1000
    values = {
        "secret_hash": _hash(text[_HANDLE:]),
        "till": till_id,
        "shop": shop,
        "expires_ms": expires_ms,
        "wrong": 0,
        "used_key": None,
    }
    statement = insert(enrol_code).values(handle=text[:_HANDLE], **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["handle"], set_=values))
    groups = [text[at : at + _GROUP] for at in range(0, len(text), _GROUP)]
    return Code("-".join(groups), till_id, expires_ms)


def enrol(conn: Connection, asked: Enrolment) -> str | None:
    """Enrol a till and return its id, or None if the code does not hold (the guess is counted).

    The same till showing the same code again is enrolled still. Raises RejectedError when the code is right, but used
    by another, too old, or made for another till.
    """
    text = asked.code.upper().translate(_READ_AS)
    handle, secret = text[:_HANDLE], text[_HANDLE:]
    row = conn.execute(select(enrol_code).where(enrol_code.c.handle == handle)).one_or_none()
    if row is None or row.wrong >= WRONG_MAX:
        log.warning("enrolment refused: no such code")
        return None
    if not hmac.compare_digest(row.secret_hash, _hash(secret)):
        log.warning("enrolment refused: wrong secret for a code of till=%s", row.till)
        conn.execute(update(enrol_code).where(enrol_code.c.handle == handle).values(wrong=row.wrong + 1))
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
    _add(conn, asked, row.shop)
    conn.execute(update(enrol_code).where(enrol_code.c.handle == handle).values(used_key=asked.key))
    return asked.till


def _add(conn: Connection, asked: Enrolment, shop: str) -> None:
    added = insert(till).values(
        id=asked.till,
        shop=shop,
        key=asked.key,
        profile_key=asked.profile_key,
        enrolled_ms=now_ms(),
        contact_ms=now_ms(),
        counter=0,
        nonce="",
        request=b"",
        status=0,
        answer=b"",
        answer_type="",
    )
    if not conn.execute(added.on_conflict_do_nothing()).rowcount:
        raise RejectedError(f"till {asked.till!r} is enrolled already", hint="ask headquarters for a code")
    log.info("enrolled till=%s", asked.till)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(b"tallystick enrolment 1\n" + secret.encode()).digest()
