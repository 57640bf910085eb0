"""Enrolment: a one-off code makes this till known to headquarters, and headquarters' root key known to this till.

The root key is taken from the first answer and pinned for good; beyond this machine TLS vouches for that one answer.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from agent.errors import ForgedError, JournalError, LedgerError, RejectedError
from agent.journal.entry import encode
from agent.journal.wire.enrolling import Enrolled, Enrolment
from agent.journal.wire.form import MAP_TYPE, read
from agent.journal.wire.signing import ENROLLING, Nonce
from agent.ledger.kept.apart import PINNED
from agent.ledger.kept.codes import till_key
from agent.ledger.kept.in_flight import NONCE
from agent.ledger.ledger import Ledger
from agent.sync.keys import make_keys
from agent.sync.line import Ask, check_signed, open_client, refused_or_body, send
from agent.sync.settings import SyncSettings
from agent.sync.signatures import Reply, sign, verify
from agent.sync.tls import Way


@dataclass(frozen=True, slots=True)
class Joined:
    """A till that belongs to a headquarters: its name there, and the root key it has pinned (hex)."""

    till: str
    root: str


def enrol(ledger: Ledger, settings: SyncSettings, code: str) -> Joined:
    """Enrol the ledger's till with a one-off code, make its keys and pin headquarters' root key.

    Safe to repeat: the same code works again for the same till. Raises RejectedError when headquarters says no or the
    till belongs to another headquarters, UnreachableError when nobody answers.
    """
    keys = make_keys(ledger.path.parent, signing=till_key(ledger))
    signing, profile = (key.public_key().public_bytes_raw() for key in (keys.signing, keys.profile))
    ask = Ask("enrol", encode(Enrolment(code, ledger.till, signing, profile).to_map()))
    nonce = str(Nonce("none", 0, secrets.token_hex(16)))
    url = settings.hq.rstrip("/") + ask.target
    request = sign(url, MAP_TYPE, ask.body, key=keys.signing, key_id=ENROLLING, nonce=nonce)
    way = Way(settings)
    way.judge_dates(are_judged=ledger.clock.is_confirmed())
    with open_client(settings, way) as client:
        reply = send(client, request, timeout_s=settings.timeout_s)
    told, before = _told(reply), pinned(ledger)
    if told.till != ledger.till:
        raise ForgedError(f"headquarters enrolled {told.till!r}, this till is {ledger.till!r}")
    if before is None:
        start = str(Nonce(told.hq_epoch, 0, "start"))
        ledger.remember({PINNED: encode(told.to_map()), NONCE: start.encode()})
    elif before.root != told.root:
        raise RejectedError(
            f"this till belongs to the headquarters with root key {before.root.hex()[:16]}",
            hint="a till changes its headquarters only with a new ledger: move the old folder away",
        )
    return Joined(told.till, told.root.hex())


def _told(reply: Reply) -> Enrolled:
    """Return what headquarters says, once its answer vouches for itself under the root key that stands in it."""
    check_signed(reply)
    try:
        told = read(refused_or_body(reply), Enrolled.from_map)
    except JournalError as error:
        raise ForgedError(f"the answer is not headquarters': {error}") from error
    verify(reply, root=told.root, serial=0)
    return told


def pinned(ledger: Ledger) -> Enrolled | None:
    """Return the headquarters this till belongs to, or None before enrolment."""
    kept = ledger.recall(PINNED)
    return None if kept is None else read(kept, Enrolled.from_map)


def require_pinned(ledger: Ledger) -> Enrolled:
    """Return the headquarters this till belongs to; raises RejectedError before enrolment."""
    enrolled = pinned(ledger)
    if enrolled is None:
        hint = "ask headquarters for a code and run `tally enrol CODE`"
        raise RejectedError(f"till {ledger.till!r} is not enrolled at a headquarters", hint=hint)
    if enrolled.till != ledger.till:
        raise LedgerError(f"this ledger is of till {ledger.till!r}, it was enrolled as {enrolled.till!r}")
    return enrolled
