"""Headquarters' answer on a stick: what it holds and what is new, believed as if it came over the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.errors import ForgedError, ForkedError, JournalError, RejectedError
from agent.journal.feed import PAGE_BYTES_MAX, Page, unpack
from agent.journal.stick.messages import FromHq
from agent.journal.stick.sealing import STICK_BYTES_MAX, Sealed, open_sealed
from agent.journal.trust import Delegation, Role
from agent.journal.wire.apart import Standing
from agent.journal.wire.enrolling import Enrolled
from agent.journal.wire.form import expand
from agent.journal.wire.place import Position
from agent.ledger.kept.apart import forked_token, moved, note_delegation, note_forked, note_own
from agent.ledger.kept.feed import apply_page, cursor_of
from agent.ledger.kept.held import held, note_held, unsynced
from agent.ledger.ledger import Ledger
from agent.ledger.outbox import restored_over
from agent.ledger.records import Identity
from agent.sync.line import known_serial, note_serial
from agent.sync.meeting import check_page, check_same
from agent.sync.timing.news import News


@dataclass(frozen=True, slots=True)
class Imported:
    """What a stick brought: pages of news (0 if they were here), members in them, and what headquarters still lacks."""

    pages: int
    members: int
    waiting: int | None


def read_stick(file: Path) -> bytes:
    """Return what stands in a file; raises JournalError for what is none or too large, OSError if it cannot be read."""
    if not file.is_file() and file.exists():
        raise JournalError(f"{str(file)!r} is no file")
    with file.open("rb") as stick:
        return stick.read(STICK_BYTES_MAX + 1)


def take(ledger: Ledger, enrolled: Enrolled, private: X25519PrivateKey, data: bytes, *, news: News) -> Imported:
    """Take what headquarters answered; the same stick again changes nothing.

    A headquarters that was put back is followed into its new epoch. Raises ForgedError when it is not headquarters'
    word to this till, ForkedError when it holds another history than this till's or another machine is the till,
    RejectedError when it is of an epoch that was left, JournalError when its news do not follow what is known here.
    """
    sealed = open_sealed(data)
    stick = FromHq.unpack(sealed)
    if stick.till != ledger.till:
        raise RejectedError(f"this stick is for till {stick.till!r}, this is {ledger.till!r}", hint="carry it there")
    key = _believed(ledger, enrolled, stick, sealed)
    if stick.forked:
        note_forked(ledger, is_forked=True)
    if _stands(ledger, stick, Standing.LOST):
        hint = "enrol this machine anew under another name: move its ledger's folder away, then `tally enrol`"
        raise ForkedError(f"another machine is till {ledger.till!r} now", hint=hint)
    if stick.hq_epoch == enrolled.hq_epoch:
        _note(ledger, stick.held)
    else:
        enrolled = _follow(ledger, enrolled, stick, told_ms=news.told_ms)
    pages, members = 0, 0
    for body in stick.pages:
        page = unpack(expand(body, bytes_max=PAGE_BYTES_MAX))
        if page.cursor.epoch != enrolled.hq_epoch:
            raise JournalError(f"a page is of headquarters' epoch {page.cursor.epoch!r}, another than this till's")
        check_page(page, enrolled, till=ledger.till, feed_key=key)
        fed = _apply(ledger, page, private, told_ms=news.told_ms)
        pages, members = pages + (fed is not None), members + (fed or 0)
    note_own(ledger, enrolled.hq_epoch, stick.own)
    if news.told_ms is None or stick.now_ms > news.told_ms:
        news.note(stick.now_ms, age_ms=max(0, ledger.clock.read().wall_ms - stick.now_ms))
    if _stands(ledger, stick, Standing.TILL):
        note_forked(ledger, is_forked=False)
    return Imported(pages, members, unsynced(ledger))


def _stands(ledger: Ledger, stick: FromHq, standing: Standing) -> bool:
    """Say whether headquarters says so of this machine, and knew when it did of what made it stop spending."""
    return stick.standing is not None and stick.standing == (standing, forked_token(ledger))


def _believed(ledger: Ledger, enrolled: Enrolled, stick: FromHq, sealed: Sealed) -> bytes:
    """Return the key that signed the stick, if the pinned root key speaks for it; raises ForgedError."""
    serial = known_serial(ledger)
    try:
        delegation = Delegation.check(stick.delegation, root=enrolled.root, role=Role.FEED)
        sealed.check(delegation.key)
    except JournalError as error:
        raise ForgedError(f"the stick does not carry headquarters' signature: {error}") from error
    if delegation.serial < serial:
        raise ForgedError(
            f"the stick's key is no longer headquarters': its serial is {delegation.serial}, known is {serial}"
        )
    note_serial(ledger, delegation.serial)
    note_delegation(ledger, stick.delegation)
    return delegation.key


def _note(ledger: Ledger, positions: Sequence[Position]) -> None:
    """Keep what headquarters holds where it is further than it said before: a stick may be late."""
    known = {position.epoch: position.seq for position in held(ledger) or ()}
    own, restored = {identity.epoch: identity for identity in ledger.epochs()}, restored_over(ledger)
    further = [
        position for position in positions if position.epoch in own and position.seq > known.get(position.epoch, 0)
    ]
    for position in further:
        if position.epoch not in restored or position.seq <= own[position.epoch].seq:
            _check_same(ledger, position, own[position.epoch])
    if further:
        note_held(ledger, further)


def _check_same(ledger: Ledger, held: Position, own: Identity) -> None:
    """Raise ForkedError, and spend nothing from now on, unless headquarters holds a prefix of this very journal."""
    try:
        check_same(ledger, held, own)
    except ForkedError:
        note_forked(ledger, is_forked=True)
        raise


def _follow(ledger: Ledger, enrolled: Enrolled, stick: FromHq, *, told_ms: int | None) -> Enrolled:
    """Follow a headquarters that was put back, which may hold less than it said before; return what is known of it now.

    Raises RejectedError for an epoch that was left, or a stick from before the last news: sticks are late.
    """
    if told_ms is not None and stick.now_ms <= told_ms:
        hint = "take the stick that headquarters made last, or export again"
        raise RejectedError(f"the stick is of headquarters' epoch {stick.hq_epoch[:8]}, and older news", hint=hint)
    named, restored = {position.epoch: position for position in stick.held}, restored_over(ledger)
    now = [named.get(identity.epoch, Position(identity.epoch)) for identity in ledger.epochs()]
    for position, identity in zip(now, ledger.epochs(), strict=True):
        if position.epoch not in restored or position.seq <= identity.seq:
            _check_same(ledger, position, identity)
    followed = moved(ledger, enrolled, stick.hq_epoch)
    note_held(ledger, now)
    return followed


def _apply(ledger: Ledger, page: Page, private: X25519PrivateKey, *, told_ms: int | None) -> int | None:
    """Apply a page if it is news and return how many members are in it; None if it is not.

    A page that begins before where this till stands says it all as well, if headquarters made it after what is known.
    """
    cursor = cursor_of(ledger, page.cursor.epoch)
    if page.cursor.version <= cursor.version:
        return None
    if page.after.version < cursor.version and told_ms is not None and page.now_ms >= told_ms:
        page = replace(page, after=cursor)
    if page.after != cursor:
        hint = "export again, and carry that stick to headquarters"
        raise JournalError(
            f"the stick's news begin at version {page.after.version}, this till knows {cursor.version}", hint=hint
        )
    return apply_page(ledger, page, private).members
