"""A large ledger, built in bulk: the schema's own tables, entries that verify, and what is derived from them.

Nine tenths of the entries are sales, every third one a member's; a member's sales are spread over the whole time, as
they are in a shop. Kept in `.cache/bench` under a stamp of what it was made from, and used again.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.journal.chain import link
from agent.journal.entry import Entry, encode_entry
from agent.journal.fold import changes
from agent.journal.sealed import KEY_BYTES
from agent.ledger.clock import TillClock
from agent.ledger.derived import apply_changes
from agent.ledger.kept import programmes
from agent.ledger.kept.profiles import Keys, put_profile
from agent.ledger.ledger import Ledger
from agent.ledger.opening import KEYS_FILE
from agent.ledger.records import Identity
from agent.loyalty.cards import Source
from agent.upkeep.replay.feed import card_number
from rows.large.forms import Form, sale_forms
from rows.till import PROGRAMME

TILL = "bench/1"
ENTRIES_PER_MEMBER = 10
EVERY = 3  # how many sales there are to one of a member's
FOLDER = Path(".cache/bench")

_FIRST_MS = 1_600_000_000_000
_PACE_MS = 7_000  # between two entries
_DAY = "2020-09-13"  # that was
_STRIDE = 7_368_787  # prime: how far apart the members of two sales in a row are
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")  # sixteen digits would look like a payment card's
_AT_ONCE = 5_000  # rows of one executemany
_TOLD = 20  # of them, and it is said how far it got
_FREE_PER_ENTRY = 2_200  # bytes on the disk, rounded up (measured: 1,460)
_FAST = ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -1000000")


@dataclass(frozen=True, slots=True)
class Size:
    """How many entries and members a ledger has; the first entry opens the epoch, the next ones the cards."""

    entries: int

    @property
    def members(self) -> int:
        """How many members: a tenth of the entries."""
        return self.entries // ENTRIES_PER_MEMBER

    @property
    def named_sales(self) -> int:
        """How many sales are a member's: every third one, beginning with the first."""
        return (self.entries - self.members + 1) // EVERY

    def member_of(self, sale: int) -> int:
        """Return whose the named sale number `sale` (from 0) is."""
        return sale * _STRIDE % self.members

    def sales_of(self, member: int) -> range:
        """Return the numbers of a member's sales among the named ones."""
        return range(member * pow(_STRIDE, -1, self.members) % self.members, self.named_sales, self.members)

    def n_of(self, sale: int) -> int:
        """Return the entry number of a named sale."""
        return 2 + self.members + EVERY * sale


def account_of(size: Size, member: int) -> str:
    """Return a member's account id: sixteen letters, here in the order of the members."""
    return f"{(member << 64) // size.members:016x}".translate(_LETTERS)


def card_of(size: Size, member: int) -> str:
    """Return the id of a member's card."""
    return f"{((member << 64) // size.members) + 1:016x}".translate(_LETTERS)


def large_ledger(entries: int) -> Path:
    """Return the folder of a ledger with so many entries, built now if there is none of this stamp."""
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in _made_from())).hexdigest()[:12]
    folder = FOLDER / f"{entries}-{stamp}"
    if folder.exists():
        return folder
    FOLDER.mkdir(parents=True, exist_ok=True)
    for older in FOLDER.glob(f"{entries}-*"):
        shutil.rmtree(older)
    if shutil.disk_usage(FOLDER).free < entries * _FREE_PER_ENTRY:
        raise SystemExit(f"building {entries:,} entries takes {entries * _FREE_PER_ENTRY / 1e9:.0f} GB of free disk")
    building = FOLDER / f"{entries}-building"
    started = time.monotonic()
    build(building, Size(entries))
    building.rename(folder)
    size = (folder / "ledger.db").stat().st_size
    _say(f"built {entries:,} entries in {time.monotonic() - started:.0f} s, {size / 1e9:.1f} GB in {folder}\n")
    return folder


def _made_from() -> list[Path]:
    here = Path(__file__).parent
    return [here / "ledger.py", here / "forms.py", PROGRAMME]


def build(folder: Path, size: Size) -> None:
    """Build a ledger of this size in a new folder, with its keys."""
    shutil.rmtree(folder, ignore_errors=True)
    named, nameless = sale_forms(folder / "forms")
    path, clock = folder / "ledger.db", TillClock("Europe/London", alone=True)
    with closing(Ledger.open(path, till=TILL, clock=clock)) as ledger:
        programme = programmes.adopt(ledger, PROGRAMME.read_bytes())
        begun = ledger.identity
    with closing(Keys(folder / KEYS_FILE)) as keys, closing(_connect(path)) as conn:
        _Building(size, conn, begun, programme.version, clock.read().to_map()).write(keys, named, nameless)
    os.sync()


def _connect(path: Path) -> sqlite3.Connection:
    conn = sqlite3.connect(path, isolation_level=None)
    for pragma in _FAST:
        conn.execute(f"PRAGMA {pragma}")
    return conn


class _Building:
    """A ledger that is being written: first its members, then what they bought, then what they hold of it."""

    def __init__(
        self, size: Size, conn: sqlite3.Connection, begun: Identity, version: str, clock: Mapping[str, Any]
    ) -> None:
        self._size = size
        self._conn = conn
        self._epoch = begun.epoch
        self._head = begun.head
        self._version = version
        self._clock = clock

    def write(self, keys: Keys, named: Sequence[Form], nameless: Sequence[Form]) -> None:
        """Write all of it; `named` and `nameless` are the forms of its sales."""
        size = self._size
        self._in_one_commit("members", size.members, self._cards(keys))
        self._in_one_commit("sales", size.entries - size.members - 1, self._sales(named, nameless))
        self._in_one_commit("lots", size.members, self._held(named))

    def _in_one_commit(self, what: str, total: int, rows: Iterator[dict[str, list[tuple[Any, ...]]]]) -> None:
        """Insert what `rows` yields: each time, a list of rows for each table."""
        self._conn.execute("BEGIN")
        for done, tables in enumerate(rows, 1):
            for table, several in tables.items():
                marks = ", ".join("?" * len(several[0])) if several else "NULL"
                self._conn.executemany(f"INSERT INTO {table} VALUES ({marks})", several)  # noqa: S608 - our tables
            if done % _TOLD == 0:
                _say(f"{what}: {done * _AT_ONCE:,} of {total:,}\r")
        self._conn.execute("COMMIT")

    def _linked(self, data: bytes) -> bytes:
        self._head = link(self._head, data)
        return self._head

    def _cards(self, keys: Keys) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
        """Open a card for each member, with the profile that it is found by."""
        size = self._size
        for some in _batches(range(size.members)):
            keys.adopt({account_of(size, member): secrets.token_bytes(KEY_BYTES) for member in some})
            yield {"entry (n, op, ask, hash, bytes)": [self._card(keys, member) for member in some]}

    def _card(self, keys: Keys, member: int) -> tuple[Any, ...]:
        account, card = account_of(self._size, member), card_of(self._size, member)
        number = {"number": card_number(member), "source": str(Source.NUMBER)}
        profile = keys.seal(number, subject=card, account=account)
        n = 2 + member
        wall_ms, mono_ms = _clocks(n)
        entry = Entry(
            till=TILL,
            epoch=self._epoch,
            seq=n,
            id=_id_of(n),
            op=f"card:{card}",
            kind="card_opened",
            day=_DAY,
            clock={**self._clock, "wall_ms": wall_ms, "mono_ms": mono_ms},
            by="bench",
            programme=self._version,
            profiles=((profile.subject, profile.digest),),
            body={"account": account, "card": card},
        )
        data = encode_entry(entry)
        apply_changes(self._conn, n, changes(entry), {})
        put_profile(self._conn, profile)
        return n, entry.op, b"", self._linked(data), data

    def _sales(self, named: Sequence[Form], nameless: Sequence[Form]) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
        """Sell: every third sale is a member's; every slip is long printed and emptied."""
        size, n, sales = self._size, self._size.members + 1, self._size.entries - self._size.members - 1
        epoch = self._epoch.encode()
        for some in _batches(range(sales)):
            entries = []
            for at in some:
                n += 1
                sale, is_nameless = divmod(at, EVERY)
                forms = nameless if is_nameless else named
                form = forms[sale % len(forms)]
                member = size.member_of(sale)
                op, (wall_ms, mono_ms) = _op_of(n), _clocks(n)
                data = form.filled(
                    (
                        _id_of(n).encode(),
                        op.encode(),
                        b"%d" % n,
                        account_of(size, member).encode(),
                        card_of(size, member).encode(),
                        b"%d" % mono_ms,
                        b"%d" % wall_ms,
                        epoch,
                    )
                )
                entries.append((n, op, form.ask, self._linked(data), data))
            slips = [(entry[0], "sale", "confirmed", b"{}") for entry in entries]
            yield {"entry (n, op, ask, hash, bytes)": entries, "slip (n, kind, state, facts)": slips}

    def _held(self, named: Sequence[Form]) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
        """Add up what each member holds, and which entries are about him."""
        size = self._size
        for some in _batches(range(size.members)):
            lots: list[tuple[Any, ...]] = []
            about: list[tuple[Any, ...]] = []
            for member in some:
                account, sales = account_of(size, member), size.sales_of(member)
                about += [(account, size.n_of(sale)) for sale in sales]
                held: dict[tuple[str, str, str | None], int] = {}
                for sale in sales:
                    for unit, lot, expires, amount in named[sale % len(named)].lots:
                        key = (unit, lot or _id_of(size.n_of(sale)), expires)
                        held[key] = held.get(key, 0) + amount
                lots += [(account, *key, amount) for key, amount in sorted(held.items())]
            yield {"account_entry (account, n)": about, "lot (account, unit, lot, expires, amount)": lots}


def _batches(numbers: range) -> Iterator[range]:
    for at in range(0, len(numbers), _AT_ONCE):
        yield numbers[at : at + _AT_ONCE]


def _clocks(n: int) -> tuple[int, int]:
    return _FIRST_MS + n * _PACE_MS, n * _PACE_MS


def _id_of(n: int) -> str:
    """A UUIDv7 whose random part is the number's own."""
    mixed = n * 0x9E3779B97F4A7C15 & (2**64 - 1)
    ms, text = _FIRST_MS + n * _PACE_MS, f"{mixed:016x}"
    return f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-7{text[:3]}-8{text[3:6]}-{text[4:]}"


def _op_of(n: int) -> str:
    """What the point-of-sale software calls a sale: its receipt number, here with gaps that others fit into."""
    return f"receipt-{n:09d}-{n * 2654435761 & 0xFFFF:04x}"


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
