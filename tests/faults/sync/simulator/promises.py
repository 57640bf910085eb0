"""What must be true when it is quiet: the promises of the two halves, checked in their files.

One function a promise, one row in PROMISES; each raises AssertionError.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, select

from agent.errors import JournalError
from agent.journal.entry import Entry, decode_entry
from agent.journal.fold import LotKey, changes
from agent.journal.sealed import digest
from agent.journal.wire.place import HQ
from agent.ledger import audit
from agent.ledger.kept import programmes
from agent.ledger.kept.apart import said_forked
from agent.ledger.kept.feed import cursor_of
from agent.loyalty.programme import version_of
from hq.apart import epochs, forks
from hq.books.totals import Takings, books, tills
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
from tests.faults.sync.simulator.simulation import Link, Simulation, journal_of
from tests.hq.headquarters import members_of_books

ALL = "all"
CLOCK_MS = 1000  # a till's idea of headquarters' time, once it heard it, is at most so far off
Place = tuple[str, str, int]  # journal (a till, or a machine of it that lost: `till~...`), epoch, seq


@dataclass(frozen=True)
class Quiet:
    """Both halves as they are in the end."""

    sim: Simulation
    conn: Connection

    @cached_property
    def at_hq(self) -> dict[Place, Link]:
        """What headquarters holds, its own journal included."""
        query = select(journal.c.till, journal.c.epoch, raw.c.seq, raw.c.hash, raw.c.bytes).join(raw)
        return {
            (row.till, row.epoch, row.seq): Link(row.till.partition("~")[0], row.epoch, row.seq, row.hash, row.bytes)
            for row in self.conn.execute(query)
        }

    @cached_property
    def of_tills(self) -> list[Link]:
        """What headquarters holds of tills."""
        return [link for place, link in self.at_hq.items() if place[0] != HQ]

    @cached_property
    def at_machines(self) -> dict[str, set[Link]]:
        """What each machine has recorded, by its name."""
        return {one.name: journal_of(one) for one in self.sim.machines}

    @cached_property
    def aside(self) -> set[Place]:
        query = select(journal.c.till, journal.c.epoch, quarantine.c.seq).join(quarantine)
        return {(row.till, row.epoch, row.seq) for row in self.conn.execute(query)}

    @cached_property
    def booked(self) -> list[tuple[str, Entry]]:
        """Every entry that the books hold, and in which journal."""
        return [(place[0], decode_entry(link.data)) for place, link in self.at_hq.items() if place not in self.aside]

    @cached_property
    def lots(self) -> Lots:
        """Members' lots in the books, as they are told: of accounts that are one, added up."""
        return lots_of_books(self.conn)


# -- journals ----------------------------------------------------------------------------------------------------------


def holds_all_of_every_journal(quiet: Quiet) -> None:
    """S1, S3, S5, S6, S8, S9: byte for byte and once, every entry that a machine has, and none that no machine had."""
    held, had = Counter(quiet.of_tills), set[Link]().union(*quiet.at_machines.values())
    assert not had - held.keys(), f"headquarters lacks {_places(had - held.keys())}"
    strange = held.keys() - had - quiet.sim.gone
    assert not strange, f"headquarters alone has {_places(strange)}"
    assert set(held.values()) <= {1}, f"twice: {_places(link for link, times in held.items() if times > 1)}"
    for till in quiet.sim.tills:
        own = {quiet.at_hq.get((till.id, link.epoch, link.seq)) for link in quiet.at_machines[till.name]}
        assert own == quiet.at_machines[till.name], f"the journal of {till.id} is another machine's than {till.name}'s"


def what_was_acknowledged_is_held(quiet: Quiet) -> None:
    """S2, S10: what a till was ever told to be held is held; after headquarters was put back, if any machine has it."""
    held = {link[:-1] for link in quiet.of_tills}
    lost = quiet.sim.acked - held
    if quiet.sim.put_back:
        lost &= {link[:-1] for links in quiet.at_machines.values() for link in links}
    assert not lost, lost


def applies_each_entry_once(quiet: Quiet) -> None:
    """S1, S9: the takings of each till are those of its own entries, and all takings those of all entries."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for name, entry in quiet.booked:
        if entry.kind in {"sale", "refund"}:
            money = entry.body["total" if entry.kind == "sale" else "money"]
            at = 0 if entry.kind == "sale" else 2
            for one in (name, ALL):
                sums[one][at] += 1
                sums[one][at + 1] += money
    said = {row.till: _numbers(row.takings) for row in tills(quiet.conn) if row.takings}
    said[ALL] = _numbers(books(quiet.conn).takings)
    assert said == {till: tuple(sum_) for till, sum_ in sums.items() if "~" not in till}


def profiles_come_with_their_entries(quiet: Quiet) -> None:
    """S1, S6: headquarters has every profile that its till has and an entry names."""
    named = {pair for _, entry in quiet.booked for pair in entry.profiles}
    held = {(row.subject, row.digest) for row in quiet.conn.execute(select(sealed.c.subject, sealed.c.digest))}
    for till in quiet.sim.machines:
        with till.ledger.reading() as conn:
            rows = conn.execute("SELECT subject, sealed FROM profile").fetchall()
        own = {(subject, digest(data)) for subject, data in rows} & named
        assert own <= held, (till.name, own - held)


def no_till_is_taken_for_two(quiet: Quiet) -> None:
    """S3, S4: only copied and restored tills were forked, and only a copy of a request is a number out of turn."""
    forked = {row.till for row in quiet.conn.execute(select(journal.c.till).join(fork))}
    assert not forked, f"left without a decision: {forked}"
    found = {row.till for row in quiet.conn.execute(select(flag).where(flag.c.what.in_(forks.FLAGS)))}
    assert found <= quiet.sim.replayed | quiet.sim.doubled, found


def one_machine_is_each_till(quiet: Quiet) -> None:
    """S8, S9: two that speak as one till are found; one of them is the till, and no other spends."""
    for till in {one.id for one in quiet.sim.machines}:
        standing = {one.name: not one.lost for one in quiet.sim.machines_of(till)}
        assert list(standing.values()).count(True) == 1, standing
    assert all(said_forked(one.ledger) == one.lost for one in quiet.sim.machines)
    assert all(one.lost for one in forks.machines(quiet.conn)), "undecided"


def nonsense_stands_aside_and_blocks_nothing(quiet: Quiet) -> None:
    """S7: what cannot be interpreted is in quarantine, that alone, and the books go to the end."""
    ops = [(place[0], decode_entry(quiet.at_hq[place].data).op) for place in quiet.aside]
    found = {(name.partition("~")[0], op) for name, op in ops if name != HQ}
    held = {(link.till, decode_entry(link.data).op) for link in quiet.of_tills}
    assert found == quiet.sim.odd & held, found ^ quiet.sim.odd
    assert quiet.sim.put_back or all(name != HQ for name, _ in ops), ops  # what it decided anew is booked once
    assert books(quiet.conn).waiting == 0


def headquarters_is_whole(quiet: Quiet) -> None:
    """S10: every till has reported since headquarters was put back, which has all that any till has of its own."""
    assert epochs.is_whole(quiet.conn)
    own = {link.hash: link.data for place, link in quiet.at_hq.items() if place[0] == HQ}
    for till in quiet.sim.tills:
        with till.ledger.reading() as conn:
            kept = {bytes(row[0]): bytes(row[1]) for row in conn.execute("SELECT hash, bytes FROM hq_entry")}
        lost = [decode_entry(data).op for data in (kept[head] for head in kept.keys() - own.keys())]
        assert not lost, f"{till.name} has of headquarters' own journal what headquarters lacks: {lost}"


def _places(links: Iterable[Link]) -> list[tuple[str, str, int, str]]:
    return sorted((link.till, link.epoch[:8], link.seq, decode_entry(link.data).kind) for link in links)


def _numbers(said: Iterable[Takings]) -> tuple[int, ...]:
    (pounds,) = said
    return (pounds.sales, pounds.sales_money, pounds.refunds, pounds.returns_money)


# -- books -------------------------------------------------------------------------------------------------------------


def books_are_the_fold_of_the_journals(quiet: Quiet) -> None:
    """L4: postings sum to zero, and every lot is what the entries add to it."""
    assert books(quiet.conn).balanced
    folded: dict[LotKey, int] = defaultdict(int)
    for _, entry in quiet.booked:
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
    till = quiet.sim.chance.choice(quiet.sim.tills)
    audit.verify(till.ledger)
    audit.check_derived(till.ledger)


def a_voucher_counts_once(quiet: Quiet) -> None:
    """B3: whatever was taken beyond one is the issuing shop's recorded loss."""
    rows = quiet.conn.execute(select(lot.c.account, lot.c.lot, lot.c.amount).where(lot.c.account.like("vouchers:%")))
    assert all(row.amount <= 1 for row in rows)


def the_order_of_arrival_is_all_one(quiet: Quiet) -> None:
    """S14: booked in another order, the same journals give the same books."""
    mine, other = members_of_books(quiet.conn), in_another_order(quiet.sim, quiet.conn)
    for said in (mine, other):  # what headquarters decided again after it was put back stands aside
        del said["quarantine"]
    for name, rows in mine.items():
        assert other[name] == rows, f"{name}: {set(map(repr, other[name])) ^ set(map(repr, rows))}"


# -- the feed ----------------------------------------------------------------------------------------------------------


def the_feed_is_taken_whole(quiet: Quiet) -> None:
    """S11: every till is at the last version, with headquarters' own entries and the programme of its shop."""
    version, epoch = last_version(quiet.conn), quiet.sim.hq.database.epoch
    own = {link.hash for place, link in quiet.at_hq.items() if place[:2] == (HQ, epoch)}
    shops = {shop.id: version_of(shop.programme.read_bytes()) for shop in quiet.sim.hq.settings.shops}
    for till in quiet.sim.tills:
        assert cursor_of(till.ledger, epoch).version == version, till.id
        with till.ledger.reading() as conn:
            rows = conn.execute("SELECT hash FROM hq_entry WHERE epoch = ?", (epoch,)).fetchall()
        assert {bytes(head) for (head,) in rows} == own, till.name
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
    "S1 S3 S5 S6 S8 S9 journals": holds_all_of_every_journal,
    "S1 S9 each entry once": applies_each_entry_once,
    "S1 S6 profiles": profiles_come_with_their_entries,
    "S2 S10 acknowledged": what_was_acknowledged_is_held,
    "S3 S4 identities": no_till_is_taken_for_two,
    "S8 S9 copies": one_machine_is_each_till,
    "S10 whole": headquarters_is_whole,
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
