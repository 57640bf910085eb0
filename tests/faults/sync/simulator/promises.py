"""What must be true when it is quiet: the promises of the two halves, checked in their files.

One function a promise, one row in PROMISES; each raises AssertionError.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, select

from agent.errors import JournalError
from agent.journal.entry import Entry, decode_entry
from agent.journal.fold import LotKey, changes
from agent.journal.sealed import digest
from agent.journal.wire import HQ
from agent.ledger import audit
from agent.ledger.kept import programmes
from agent.ledger.kept.feed import cursor_of
from agent.loyalty.programme import version_of
from hq.books.totals import books, tills
from hq.database import last_version
from hq.tables import flag, fork, journal, lot, quarantine, raw, sealed
from tests.faults.sync.both_books import (
    Lots,
    cards_of_books,
    cards_of_till,
    lots_of_books,
    lots_of_till,
    summed,
)
from tests.faults.sync.simulator.again import in_another_order
from tests.faults.sync.simulator.halves import SimTill
from tests.faults.sync.simulator.simulation import Simulation
from tests.hq.headquarters import members_of_books

CLOCK_MS = 1000  # a till's idea of headquarters' time, once it heard it, is at most so far off
_ENTRIES = """
SELECT epoch.id, entry.n - epoch.first_n + 1, entry.hash, entry.bytes FROM entry
JOIN epoch ON epoch.no = (SELECT max(no) FROM epoch WHERE first_n <= entry.n) ORDER BY entry.n
"""

Place = tuple[str, str, int]  # till, epoch, seq
Link = tuple[bytes, bytes]  # hash, bytes


@dataclass(frozen=True)
class Quiet:
    """Both halves as they are in the end."""

    sim: Simulation
    conn: Connection

    @cached_property
    def at_tills(self) -> dict[Place, Link]:
        return {place: link for till in self.sim.tills for place, link in journal_of(till).items()}

    @cached_property
    def at_hq(self) -> dict[Place, Link]:
        query = select(journal.c.till, journal.c.epoch, raw.c.seq, raw.c.hash, raw.c.bytes).join(raw)
        return {(row.till, row.epoch, row.seq): (row.hash, row.bytes) for row in self.conn.execute(query)}

    @cached_property
    def aside(self) -> set[Place]:
        query = select(journal.c.till, journal.c.epoch, quarantine.c.seq).join(quarantine)
        return {(row.till, row.epoch, row.seq) for row in self.conn.execute(query)}

    @cached_property
    def booked(self) -> list[Entry]:
        """Every entry that the books hold."""
        return [decode_entry(data) for place, (_, data) in self.at_hq.items() if place not in self.aside]

    @cached_property
    def lots(self) -> Lots:
        """Members' lots in the books, as they are told: of accounts that are one, added up."""
        return lots_of_books(self.conn)


def journal_of(till: SimTill) -> dict[Place, Link]:
    with till.ledger.reading() as conn:
        rows = conn.execute(_ENTRIES).fetchall()
    return {(till.id, epoch, seq): (bytes(head), bytes(data)) for epoch, seq, head, data in rows}


# -- journals ----------------------------------------------------------------------------------------------------------


def holds_all_of_every_journal(quiet: Quiet) -> None:
    """S1, S3, S5, S6: byte for byte, every entry of every till and no other, without a gap."""
    held = {place: link for place, link in quiet.at_hq.items() if place[0] != HQ}
    assert held.keys() == quiet.at_tills.keys(), sorted(held.keys() ^ quiet.at_tills.keys())
    assert held == quiet.at_tills


def what_was_acknowledged_is_held(quiet: Quiet) -> None:
    """S2: what a till was ever told to be held is held."""
    for (till, epoch), (seq, head) in quiet.sim.acked.items():
        assert not seq or quiet.at_hq[till, epoch, seq][0] == head, (till, epoch, seq)


def applies_each_entry_once(quiet: Quiet) -> None:
    """S1: the takings of each till are those of its own entries."""
    said = {
        row.till: [(one.sales, one.sales_money, one.refunds, one.returns_money) for one in row.takings]
        for row in tills(quiet.conn)
    }
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for entry in quiet.booked:
        if entry.kind in {"sale", "refund"}:
            money = entry.body["total" if entry.kind == "sale" else "money"]
            at = 0 if entry.kind == "sale" else 2
            sums[entry.till][at] += 1
            sums[entry.till][at + 1] += money
    assert {till: rows for till, rows in said.items() if rows} == {till: [tuple(sum_)] for till, sum_ in sums.items()}


def profiles_come_with_their_entries(quiet: Quiet) -> None:
    """S1, S6: headquarters has every profile that its till has and an entry names."""
    named = {pair for entry in quiet.booked for pair in entry.profiles}
    held = {(row.subject, row.digest) for row in quiet.conn.execute(select(sealed.c.subject, sealed.c.digest))}
    for till in quiet.sim.tills:
        with till.ledger.reading() as conn:
            rows = conn.execute("SELECT subject, sealed FROM profile").fetchall()
        own = {(subject, digest(data)) for subject, data in rows} & named
        assert own <= held, (till.id, own - held)


def no_till_is_taken_for_two(quiet: Quiet) -> None:
    """S3, S4: nothing was forked, and only a copy of a request that came late is a number out of turn."""
    assert not quiet.conn.execute(select(fork)).all()
    found = {row.till for row in quiet.conn.execute(select(flag).where(flag.c.what.in_(("counter", "fork"))))}
    assert found <= quiet.sim.replayed, found


def nonsense_stands_aside_and_blocks_nothing(quiet: Quiet) -> None:
    """S7: what cannot be interpreted is in quarantine, that alone, and the books go to the end."""
    found = {(till, decode_entry(quiet.at_hq[till, epoch, seq][1]).op) for till, epoch, seq in quiet.aside}
    assert found == quiet.sim.odd
    assert books(quiet.conn).waiting == 0


# -- books -------------------------------------------------------------------------------------------------------------


def books_are_the_fold_of_the_journals(quiet: Quiet) -> None:
    """L4: postings sum to zero, and every lot is what the entries add to it."""
    assert books(quiet.conn).balanced
    folded: dict[LotKey, int] = defaultdict(int)
    for entry in quiet.booked:
        for key, amount in changes(entry).lots.items():
            folded[key] += amount
    rows = quiet.conn.execute(select(lot.c.account, lot.c.unit, lot.c.lot, lot.c.amount))
    expected = summed((holder, unit, name, amount) for (holder, unit, name, _), amount in folded.items())
    assert summed(tuple(row) for row in rows) == expected


def a_till_says_what_headquarters_says(quiet: Quiet) -> None:
    """Every till knows every member and card, and exactly the lots that the books hold."""
    linked = cards_of_books(quiet.conn)
    for till in quiet.sim.tills:
        with till.ledger.reading() as conn:
            known, cards = lots_of_till(conn), cards_of_till(conn)
        assert cards == linked, f"{till.id} has {cards - linked}, the books {linked - cards}"
        told = f"{till.id} has {known.items() - quiet.lots.items()}, the books {quiet.lots.items() - known.items()}"
        assert known == quiet.lots, told


def a_till_is_the_fold_of_what_it_has(quiet: Quiet) -> None:
    """L7, L12: a till's chain verifies and its derived tables are what its entries and the feed say."""
    till = quiet.sim.till()
    audit.verify(till.ledger)
    audit.check_derived(till.ledger)


def a_voucher_counts_once(quiet: Quiet) -> None:
    """B3: whatever was taken beyond one is the issuing shop's recorded loss."""
    rows = quiet.conn.execute(select(lot.c.account, lot.c.lot, lot.c.amount).where(lot.c.account.like("vouchers:%")))
    assert all(row.amount <= 1 for row in rows)


def the_order_of_arrival_is_all_one(quiet: Quiet) -> None:
    """S14: booked in another order, the same journals give the same books."""
    mine = members_of_books(quiet.conn)
    other = in_another_order(quiet.sim)
    for name, rows in mine.items():
        assert other[name] == rows, f"{name}: {set(map(repr, other[name])) ^ set(map(repr, rows))}"


# -- the feed ----------------------------------------------------------------------------------------------------------


def the_feed_is_taken_whole(quiet: Quiet) -> None:
    """S11: every till is at the last version, with headquarters' own entries and the programme of its shop."""
    version, epoch = last_version(quiet.conn), quiet.sim.hq.database.epoch
    own = {place[2]: link for place, link in quiet.at_hq.items() if place[0] == HQ}
    shops = {shop.id: version_of(shop.programme.read_bytes()) for shop in quiet.sim.hq.settings.shops}
    for till in quiet.sim.tills:
        assert cursor_of(till.ledger, epoch).version == version, till.id
        with till.ledger.reading() as conn:
            rows = conn.execute("SELECT seq, hash, bytes FROM hq_entry").fetchall()
        assert {seq: (bytes(head), bytes(data)) for seq, head, data in rows} == own, till.id
        programme = programmes.current(till.ledger)
        assert programme is not None
        assert programme.version == shops[till.id.partition("/")[0]], till.id


def every_till_has_the_time(quiet: Quiet) -> None:
    """S12: wherever its battery left the clock, a till that has met headquarters knows what time it is."""
    for till in quiet.sim.tills:
        reading = till.clock.read()
        assert reading.hq_ms is not None, till.id
        assert reading.hq_age_ms is not None, till.id
        off_ms = reading.hq_ms + reading.hq_age_ms - quiet.sim.times.now_ns // 1_000_000
        assert abs(off_ms) <= CLOCK_MS, (till.id, off_ms)


PROMISES: Mapping[str, Callable[[Quiet], None]] = {
    "S1 S3 S5 S6 prefix": holds_all_of_every_journal,
    "S1 each entry once": applies_each_entry_once,
    "S1 S6 profiles": profiles_come_with_their_entries,
    "S2 acknowledged": what_was_acknowledged_is_held,
    "S3 S4 identities": no_till_is_taken_for_two,
    "S7 quarantine": nonsense_stands_aside_and_blocks_nothing,
    "L4 conservation": books_are_the_fold_of_the_journals,
    "balance": a_till_says_what_headquarters_says,
    "L7 L12 till": a_till_is_the_fold_of_what_it_has,
    "B3 vouchers": a_voucher_counts_once,
    "S11 feed": the_feed_is_taken_whole,
    "S12 time": every_till_has_the_time,
    "S14 order": the_order_of_arrival_is_all_one,
}


def check_all(sim: Simulation) -> None:
    """Check every promise; raises AssertionError that names the first one that is broken."""
    with sim.hq.database.read() as conn:
        quiet = Quiet(sim, conn)
        for name, check in PROMISES.items():
            try:
                check(quiet)
            except (AssertionError, JournalError) as error:
                raise AssertionError(f"{name} ({check.__name__}): {error}") from error
