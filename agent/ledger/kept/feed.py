"""The feed on the till: a page applied whole, in one commit, if it follows what the till already has.

A member's balance is what headquarters said (a snapshot) and the till's own entries that the snapshot does not contain.
A snapshot contains every own entry up to number `upto_n` except those in `missing`: entries of an epoch that
headquarters has not heard to its end, and entries in its quarantine.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.errors import ChainBrokenError, JournalError
from agent.journal.batch import SealedProfile
from agent.journal.chain import GENESIS, check_place, link
from agent.journal.entry import decode_entry, encode
from agent.journal.feed import (
    Cursor,
    EntryRow,
    MemberRow,
    Page,
    ProgrammeRow,
    Row,
    ShopKeyRow,
    StaffRow,
    TillRow,
    VoucherRow,
)
from agent.journal.fold import BLOCKED, EARN, SPEND, Changes, changes
from agent.journal.sealed import unseal, unwrap_key
from agent.journal.wire.form import read
from agent.journal.wire.place import HQ, Position
from agent.ledger.derived import ERASED, add_lots, mark_erased
from agent.ledger.kept import codes
from agent.ledger.kept.forgetting.deleting import forget
from agent.ledger.kept.profiles import Keys, NewProfile, put_profile
from agent.ledger.kept.profiles.part import put_part
from agent.ledger.kept.profiles.rows import drop_profiles
from agent.ledger.kept.programmes import take
from agent.ledger.kept.staff import take_staff
from agent.ledger.ledger import Ledger
from agent.loyalty.sale import Status

CURSOR = "feed.cursor"  # a key in `state`

_OWN_ENTRIES = """
SELECT entry.n, entry.bytes FROM account_entry JOIN entry USING (n)
WHERE account_entry.account = ? AND entry.n BETWEEN ? AND ? ORDER BY n
"""
_N_MAX = 2**62
_JOIN_STATUS = f"""
INSERT INTO account (id, status) SELECT ?, status FROM account WHERE id = ?
ON CONFLICT DO UPDATE SET status = excluded.status
WHERE excluded.status = '{ERASED}' OR (excluded.status = '{Status.REGULAR}' AND status = '{Status.PROVISIONAL}')
"""  # noqa: S608 - constants of ours

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fed:
    """What a page changed: members, entries of headquarters, and whether another programme is in force."""

    members: int
    entries: int
    programme: bool


@dataclass(frozen=True, slots=True)
class Contained:
    """Which own entries a snapshot contains: those up to number `upto_n`, without the ranges in `missing`."""

    upto_n: int
    missing: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A profile that came with the feed, and the key it is sealed under."""

    account: str
    profile: SealedProfile
    key: bytes
    content: Mapping[str, Any]


def cursor_of(ledger: Ledger, hq_epoch: str) -> Cursor:
    """Return how far this till knows the feed of an epoch of headquarters."""
    kept = ledger.recall(CURSOR)
    found = None if kept is None else read(kept, lambda value: Cursor(str(value["epoch"]), int(value["version"])))
    return found if found is not None and found.epoch == hq_epoch else Cursor(hq_epoch)


def apply_page(ledger: Ledger, page: Page, private: X25519PrivateKey) -> Fed:
    """Apply a page whose signature was checked; `private` opens the keys of the profiles in it.

    Raises JournalError, and changes nothing, when the page does not follow the till's cursor or headquarters' own
    entries in it do not continue their chain.
    """
    opened = {row.account: list(_open_profiles(row, private)) for row in page.rows if isinstance(row, MemberRow)}
    ledger.require_room()
    shop_keys = dict(_open_shop_keys(ledger, page.rows, private))
    with ledger.reading():  # nobody appends between the commit and `reload_joined`
        opened = _without_erased(ledger, opened, page.rows)
        ledger.keys.adopt(shop_keys | {one.account: one.key for several in opened.values() for one in several})
        if page.after != cursor_of(ledger, page.cursor.epoch) or page.cursor.version < page.after.version:
            raise JournalError(f"page {page.after.version}-{page.cursor.version} does not follow what this till knows")
        fed = _apply(ledger, page, opened)
        ledger.reload_joined()
    return fed


def _apply(ledger: Ledger, page: Page, opened: Mapping[str, list[_Opened]]) -> Fed:
    members = entries = 0
    programme = False
    with ledger.write() as conn:
        contained = contained_by(conn, page.upto, page.quarantined)
        for row in page.rows:
            match row:
                case ProgrammeRow():
                    programme = take(conn, row) or programme
                case EntryRow():
                    entries += _keep_hq_entry(conn, page.cursor.epoch, row)
                    _erase_as_said(conn, row.data)
                case MemberRow():
                    _take_member(conn, row, contained)
                    _take_profiles(conn, ledger.keys, row, opened[row.account], contained.upto_n)
                    members += 1
                case TillRow():
                    codes.take_till(conn, row)
                case VoucherRow():
                    codes.take_voucher(conn, row)
                case StaffRow():
                    take_staff(conn, row)
        value = encode({"epoch": page.cursor.epoch, "version": page.cursor.version})
        _remember(conn, CURSOR, value)
    return Fed(members, entries, programme)


def _remember(conn: sqlite3.Connection, key: str, value: bytes) -> None:
    conn.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, value))


# -- programme and headquarters' own entries ---------------------------------------------------------------------------


def _keep_hq_entry(conn: sqlite3.Connection, epoch: str, row: EntryRow) -> int:
    """Keep an entry of headquarters' own journal, so that the till bears witness to it; 1 if it is new."""
    kept = conn.execute("SELECT seq, hash FROM hq_entry WHERE epoch = ? ORDER BY seq DESC LIMIT 1", (epoch,)).fetchone()
    seq, head = kept or (0, GENESIS)
    entry = decode_entry(row.data)
    if entry.seq <= seq:
        return 0
    check_place(entry, till=HQ, epoch=epoch, seq=seq + 1)
    if link(head, row.data) != row.hash:
        raise ChainBrokenError(f"entry {entry.seq} of headquarters does not continue its chain")
    conn.execute(
        "INSERT INTO hq_entry (epoch, seq, hash, signature, bytes) VALUES (?, ?, ?, ?, ?)",
        (epoch, entry.seq, row.hash, row.signature, row.data),
    )
    return 1


def _erase_as_said(conn: sqlite3.Connection, data: bytes) -> None:
    """Forget a member whom headquarters' entry says to be erased; the keys go after the commit (`erasing.finish`)."""
    erased = changes(decode_entry(data)).erased
    if erased is not None:
        joined = dict(conn.execute("SELECT account, into_account FROM joined"))
        mark_erased(conn, joined.get(erased, erased))
        forget(conn, erased, joined)


# -- members -----------------------------------------------------------------------------------------------------------


def contained_by(
    conn: sqlite3.Connection, held: Iterable[Position], quarantined: Iterable[tuple[str, int]]
) -> Contained:
    """Work out which entries of this till books contain that hold its epochs up to `held`, without `quarantined`."""
    upto = {position.epoch: position.seq for position in held}
    epochs = conn.execute("SELECT id, first_n FROM epoch ORDER BY no").fetchall()
    last_n = int(conn.execute("SELECT coalesce(max(n), 0) FROM entry").fetchone()[0])
    ends = [first_n - 1 for _, first_n in epochs[1:]] + [last_n]
    booked = [
        (min(first_n + upto.get(epoch, 0) - 1, end), end) for (epoch, first_n), end in zip(epochs, ends, strict=True)
    ]
    upto_n = max((at for (at, _), (epoch, _) in zip(booked, epochs, strict=True) if epoch in upto), default=0)
    missing = [(at + 1, end) for at, end in booked if at < end < upto_n]
    places = {epoch: (first_n, end) for (epoch, first_n), end in zip(epochs, ends, strict=True)}
    aside = [(places[epoch][0] + seq - 1, places[epoch][1]) for epoch, seq in quarantined if epoch in places]
    missing += [(n, n) for n, end in aside if n <= end]  # headquarters may hold more than a till that was restored
    return Contained(upto_n, tuple(missing))


def _take_member(conn: sqlite3.Connection, row: MemberRow, contained: Contained) -> None:
    query = "SELECT account FROM joined WHERE into_account = ? OR account = ?"
    for (known,) in conn.execute(query, (row.account, row.account)).fetchall():
        if known not in row.joined:
            _part(conn, known, contained.upto_n)
    for other in row.joined:
        _join(conn, other, row.account)
    content = {
        "cards": [card.card for card in row.cards],
        "blocked": [card.card for card in row.cards if card.role == BLOCKED],
        "earn_only": [card.card for card in row.cards if card.role == EARN],
        "lots": [[lot.unit, lot.lot, lot.amount, lot.expires] for lot in row.lots],
        "missing": contained.missing,
    }
    values = (row.account, row.status, contained.upto_n, orjson.dumps(content))
    conn.execute("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?)", values)
    parts = conn.execute("SELECT account, into_account FROM joined WHERE into_account = ?", (row.account,))
    _restore(conn, values, dict(parts))


def _join(conn: sqlite3.Connection, account: str, into: str) -> None:
    """Make `account`, and what was joined into it before, part of `into`."""
    conn.execute("UPDATE joined SET into_account = ? WHERE into_account = ?", (into, account))
    conn.execute("INSERT OR REPLACE INTO joined VALUES (?, ?)", (account, into))
    conn.execute(_JOIN_STATUS, (into, account))
    conn.execute("DELETE FROM account WHERE id = ?", (account,))
    conn.execute("UPDATE card SET account = ? WHERE account = ?", (into, account))
    conn.execute("UPDATE OR IGNORE account_entry SET account = ? WHERE account = ?", (into, account))
    for statement in ("DELETE FROM account_entry", "DELETE FROM lot", "DELETE FROM snapshot"):
        conn.execute(f"{statement} WHERE account = ?", (account,))


def _part(conn: sqlite3.Connection, account: str, upto_n: int) -> None:
    """Let an account be on its own again, with the own entries that concern it.

    What both hold is told anew: headquarters tells of the account that it was part of before it tells of this one.
    """
    (whole,) = conn.execute("DELETE FROM joined WHERE account = ? RETURNING into_account", (account,)).fetchone()
    conn.execute("INSERT OR IGNORE INTO account (id, status) VALUES (?, ?)", (account, Status.PROVISIONAL))
    if not _changed_here(conn, whole, upto_n):
        drop_profiles(conn, [whole])  # it may have been the other's; what is its own comes with its row
    joined = dict(conn.execute("SELECT account, into_account FROM joined"))
    for n, data in conn.execute(_OWN_ENTRIES, (whole, 0, _N_MAX)).fetchall():
        concerned = {joined.get(one, one) for one in changes(decode_entry(data)).accounts}
        if account in concerned:
            conn.execute("INSERT OR IGNORE INTO account_entry VALUES (?, ?)", (account, n))
        if whole not in concerned:
            conn.execute("DELETE FROM account_entry WHERE account = ? AND n = ?", (whole, n))


def restore_snapshots(conn: sqlite3.Connection, joined: Mapping[str, str]) -> None:
    """Put what headquarters said back under the till's own entries, after the derived tables were built anew."""
    for values in conn.execute("SELECT account, status, upto_n, lots FROM snapshot ORDER BY rowid"):  # as they came
        _restore(conn, values, joined)
    for (data,) in conn.execute("SELECT bytes FROM hq_entry WHERE instr(bytes, ?)", (b'"kind":"member_erased"',)):
        erased = changes(decode_entry(data)).erased
        if erased is not None:
            mark_erased(conn, joined.get(erased, erased))


def _restore(conn: sqlite3.Connection, values: tuple[str, str, int, bytes], joined: Mapping[str, str]) -> None:
    """Replace an account's holdings by its snapshot and the own entries that the snapshot does not contain."""
    account, status, upto_n, data = values
    content = orjson.loads(data)
    conn.execute("INSERT OR REPLACE INTO account VALUES (?, ?)", (account, _status(conn, account, status)))
    ranges = [*content["missing"], (upto_n + 1, _N_MAX)]
    roles = dict.fromkeys(content.get("earn_only", ()), EARN) | dict.fromkeys(content.get("blocked", ()), BLOCKED)
    for card in content["cards"]:
        _restore_card(conn, (card, account, roles.get(card, SPEND)), ranges)
    conn.execute("DELETE FROM lot WHERE account = ?", (account,))
    lots = [(account, unit, lot, expires, amount) for unit, lot, amount, expires in content["lots"]]
    conn.executemany("INSERT INTO lot (account, unit, lot, expires, amount) VALUES (?, ?, ?, ?, ?)", lots)
    for n, entry in _own_entries(conn, account, ranges):
        moved = changes(decode_entry(entry)).lots
        own = {key: amount for key, amount in moved.items() if joined.get(key[0], key[0]) == account}
        add_lots(conn, n, Changes(lots=own), joined)


def _restore_card(conn: sqlite3.Connection, card: tuple[str, str, str], beyond: Iterable[Sequence[int]]) -> None:
    """Link a card as headquarters said, unless an own entry that it did not know then linked it elsewhere."""
    own = conn.execute("SELECT n FROM card WHERE id = ?", card[:1]).fetchone()
    if own is None or not any(low <= own[0] <= high for low, high in beyond):
        linked = "INSERT INTO card (id, account, role) VALUES (?, ?, ?)"
        same = " ON CONFLICT DO UPDATE SET account = excluded.account, role = excluded.role"
        conn.execute(linked + same, card)


def _own_entries(
    conn: sqlite3.Connection, account: str, ranges: Iterable[Sequence[int]]
) -> Iterator[tuple[int, bytes]]:
    for low, high in ranges:
        yield from conn.execute(_OWN_ENTRIES, (account, low, high)).fetchall()


def _status(conn: sqlite3.Connection, account: str, said: str) -> str:
    """What headquarters said, unless the member was enrolled or erased here and headquarters does not know yet."""
    row = conn.execute("SELECT status FROM account WHERE id = ?", (account,)).fetchone()
    known = None if row is None else row[0]
    if known == ERASED:
        return ERASED
    return Status.REGULAR if said == Status.PROVISIONAL and known == Status.REGULAR else said


# -- keys of the shop --------------------------------------------------------------------------------------------------


def _open_shop_keys(ledger: Ledger, rows: Iterable[Row], private: X25519PrivateKey) -> Iterator[tuple[str, bytes]]:
    """Yield the keys of this till's shop, by their rows of the keys' file; one that does not open stops nothing."""
    shop = ledger.till.partition("/")[0]
    for row in rows:
        if not isinstance(row, ShopKeyRow) or row.shop != shop:
            continue
        try:
            yield codes.shop_key_name(row.number), unwrap_key(row.wrapped_key, private)
        except JournalError as error:
            log.warning("key %d of shop=%s does not open: %s", row.number, row.shop, error)


# -- profiles ----------------------------------------------------------------------------------------------------------


def _open_profiles(row: MemberRow, private: X25519PrivateKey) -> Iterator[_Opened]:
    """Yield the profiles of a member that open; one that does not is worth nothing here and stops nothing."""
    sealed = [(card.account, card.profile) for card in row.cards if card.profile is not None]
    sealed += [(profile.subject, profile) for profile in row.profiles]
    for account, profile in sealed:
        if profile.wrapped_key is None:
            continue
        try:
            key = unwrap_key(profile.wrapped_key, private)
            content = unseal(profile.sealed, subject=profile.subject, key=key)
        except JournalError as error:
            log.warning("profile of subject=%s does not open: %s", profile.subject, error)
            continue
        yield _Opened(account, profile, key, content)


def _without_erased(
    ledger: Ledger, opened: Mapping[str, list[_Opened]], rows: Iterable[Row]
) -> dict[str, list[_Opened]]:
    """Leave out the profiles of members who were erased here, which headquarters may not have heard of yet.

    And of those of whom it says so among these `rows`: another till may have told it of them since.
    """
    accounts = {*opened, *(one.account for several in opened.values() for one in several)}
    marks = ", ".join("?" * len(accounts))
    query = f"SELECT id FROM account WHERE status = ? AND id IN ({marks})"  # noqa: S608 - question marks
    erased = {account for (account,) in ledger.conn.execute(query, (ERASED, *accounts))}
    said = (changes(decode_entry(row.data)).erased for row in rows if isinstance(row, EntryRow))
    erased |= {ledger.resolve(account) for account in said if account is not None}
    return {
        account: [one for one in several if not erased & {account, one.account}] for account, several in opened.items()
    }


def _take_profiles(
    conn: sqlite3.Connection, keys: Keys, row: MemberRow, opened: Iterable[_Opened], upto_n: int
) -> None:
    """Keep a member's profiles. The account's own may be one of an account that was joined into it.

    Of one that is to be kept in part, what was here stays if he was seen and headquarters does not know yet.
    """
    of_account = {profile.subject for profile in row.profiles}
    is_seen = not row.whole and _seen_since(conn, row.account, upto_n)
    for one in opened:
        subject, account = one.profile.subject, one.account
        of_joined = subject in of_account and subject != row.account
        if of_joined:
            subject = account = row.account
        if (of_joined and row.account in of_account) or ((of_joined or is_seen) and _has_profile(conn, subject)):
            continue
        if not (row.whole or is_seen):
            put_part(conn, keys, one.content, subject=subject, account=account)
        elif of_joined:
            put_profile(conn, keys.seal(one.content, subject=subject, account=account))
        else:
            _take_profile(conn, keys, one, upto_n)


def _seen_since(conn: sqlite3.Connection, account: str, upto_n: int) -> bool:
    """Say whether the account was seen here, by an own entry that headquarters' books do not contain yet."""
    query = "SELECT 1 FROM account_entry WHERE account = ? AND n > ? LIMIT 1"
    return conn.execute(query, (account, upto_n)).fetchone() is not None


def _take_profile(conn: sqlite3.Connection, keys: Keys, one: _Opened, upto_n: int) -> None:
    """Keep a profile unless this till has a newer one; under another key than this till's it is sealed anew."""
    subject = one.profile.subject
    kept = conn.execute("SELECT sealed FROM profile WHERE subject = ?", (subject,)).fetchone()
    if kept is not None and (bytes(kept[0]) == one.profile.sealed or _changed_here(conn, subject, upto_n)):
        return
    if keys.get(one.account) == one.key:
        put_profile(conn, NewProfile(subject, one.account, one.profile.sealed, keys.tokens(one.content)))
    else:
        put_profile(conn, keys.seal(one.content, subject=subject, account=one.account))


def _has_profile(conn: sqlite3.Connection, subject: str) -> bool:
    return conn.execute("SELECT 1 FROM profile WHERE subject = ?", (subject,)).fetchone() is not None


def _changed_here(conn: sqlite3.Connection, subject: str, upto_n: int) -> bool:
    """Say whether an own entry that headquarters' books do not contain yet names the profile."""
    query = "SELECT 1 FROM entry WHERE n > ? AND instr(bytes, CAST(? AS BLOB)) AND instr(bytes, ?) = 0 LIMIT 1"
    return conn.execute(query, (upto_n, subject, b'"profiles":[]')).fetchone() is not None
