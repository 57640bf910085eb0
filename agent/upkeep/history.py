"""History: what an account holds, derived from the journal's entries alone, one after the other, lot by lot.

Nothing derived is read: neither the lots nor the index of an account's entries. What headquarters said of the member
(its snapshot) is where the own entries go on from, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from agent.errors import UnknownError
from agent.journal.entry import Entry, decode_entry
from agent.journal.fold import Changes, changes
from agent.ledger.ledger import Ledger
from agent.loyalty.sale import Holder, Lot, Status

HEADQUARTERS = "headquarters"  # the kind of a step that is no entry of this till
_LAST_N = 2**62

_LotName = tuple[str, str]  # unit, lot


@dataclass(frozen=True, slots=True)
class Step:
    """What one entry did to one lot: `amount` was added, `left` is in it then. `seq` is None for headquarters' word."""

    seq: int | None
    day: str
    kind: str
    op: str
    unit: str
    lot: str
    amount: int
    left: int
    expires: str | None


@dataclass(frozen=True, slots=True)
class History:
    """The steps of an account in the order of the journal, and what they come to; `status` None: no entry says it."""

    account: str
    status: Status | None
    steps: tuple[Step, ...]
    lots: Mapping[_LotName, Lot]

    def holder(self, otherwise: Status) -> Holder:
        """Return the account as the steps left it."""
        held: dict[str, list[Lot]] = {}
        for (unit, _), lot in self.lots.items():
            if lot.amount:
                held.setdefault(unit, []).append(lot)
        status = otherwise if self.status is None else self.status
        return Holder(self.account, status, {unit: tuple(lots) for unit, lots in held.items()})

    def differences(self, holder: Holder) -> dict[_LotName, tuple[int, int]]:
        """Return the lots of which `holder` has another amount: (derived, held)."""
        derived = {name: lot.amount for name, lot in self.lots.items()}
        held = {(unit, lot.lot): lot.amount for unit, lots in holder.lots.items() for lot in lots}
        both = {name: (derived.get(name, 0), held.get(name, 0)) for name in derived | held}
        return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


def history(ledger: Ledger, account: str, *, before: int | None = None) -> History:
    """Derive an account's lots, from the entries before number `before` only if that is given.

    Raises UnknownError if no entry and no word of headquarters is about the account.
    """
    account = ledger.resolve(account)
    steps: list[Step] = []
    lots: dict[_LotName, Lot] = {}
    status: Status | None = None
    for entry, changed in _all(ledger, account, before or _LAST_N):
        status = _status(changed, status)
        for (_, unit, lot, expires), amount in changed.lots.items():
            held = lots.get((unit, lot), Lot(lot, 0, expires))
            lots[unit, lot] = Lot(lot, held.amount + amount, held.expires)
            seq, told = (None, HEADQUARTERS) if entry is None else (entry.seq, entry.kind)
            day, op = ("", "") if entry is None else (entry.day, entry.op)
            steps.append(Step(seq, day, told, op, unit, lot, amount, held.amount + amount, expires))
    if status is None and not steps:
        raise UnknownError(f"no entry of this till is about an account ending in {account[-4:]!r}")
    return History(account, status, tuple(steps), lots)


def _status(changed: Changes, status: Status | None) -> Status | None:
    if changed.enrolled is not None:
        return Status.REGULAR
    if changed.opened is not None:
        return Status.PROVISIONAL if changed.opened[1] else status or Status.REGULAR
    return status


def _all(ledger: Ledger, account: str, end: int) -> Iterator[tuple[Entry | None, Changes]]:
    """Yield headquarters' word if it is older than `end`, then the own entries that it does not contain."""
    with ledger.reading() as conn:
        others = conn.execute("SELECT account FROM joined WHERE into_account = ?", (account,)).fetchall()
        word = conn.execute("SELECT upto_n, lots FROM snapshot WHERE account = ?", (account,)).fetchone()
    parts = frozenset({account, *(other for (other,) in others)})
    ranges = [(1, end - 1)]
    if word is not None and word[0] < end:
        content = orjson.loads(word[1])
        lots = {(account, unit, lot, expires): amount for unit, lot, amount, expires in content["lots"]}
        yield None, Changes(lots=lots)
        ranges = [*((low, min(high, end - 1)) for low, high in content["missing"]), (word[0] + 1, end - 1)]
    for low, high in ranges:
        yield from _own(ledger, parts, low, high)


def _own(ledger: Ledger, parts: frozenset[str], low: int, high: int) -> Iterator[tuple[Entry, Changes]]:
    """Yield the entries that name one of the accounts, with what they change of them."""
    named = " OR ".join("instr(bytes, CAST(? AS BLOB))" for _ in parts)
    query = f"SELECT bytes FROM entry WHERE n BETWEEN ? AND ? AND ({named}) ORDER BY n"  # noqa: S608 - question marks
    with ledger.reading() as conn:
        rows = conn.execute(query, (low, high, *parts)).fetchall()
    for (data,) in rows:
        entry = decode_entry(data)
        changed = changes(entry)
        lots = {key: amount for key, amount in changed.lots.items() if key[0] in parts}
        opened = changed.opened if changed.opened is not None and changed.opened[0] in parts else None
        enrolled = changed.enrolled if changed.enrolled in parts else None
        yield entry, Changes(lots=lots, opened=opened, enrolled=enrolled)
