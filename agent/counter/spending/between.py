"""Spending between tills: whether headquarters has to be asked, and what may be spent by its answer or without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from agent.counter.asks import RedeemAsk
from agent.counter.bench import Bench
from agent.errors import NotAllowedError, Said
from agent.journal.wire.asking import PROMISE_ENTRIES, SpendAsked, SpendTold
from agent.ledger.kept.offered import unseen_lots
from agent.loyalty.lots import spendable
from agent.loyalty.sale import Holder, Moment
from agent.loyalty.spending.between import wanted, within

_AT_ONCE = 2  # entries that a redemption may be: itself, and a change of the clock before it


class Promises(Protocol):
    """Who may be asked for a promise that no other till spends the same units."""

    @property
    def by_stick(self) -> bool:
        """Whether entries leave by stick, so that nobody knows what headquarters has seen of them."""

    def spend(self, asked: SpendAsked) -> SpendTold | None:
        """Return what headquarters promises, or None if it did not say in time; never raises, waits 2 s."""


class Ground(StrEnum):
    """What a redemption rests on, as its entry says."""

    PROMISE = "promise"  # headquarters promised the units to this till
    OWN = "own"  # there was no line: units that headquarters had not seen yet
    BALANCE = "balance"  # the last known balance


class Asked:
    """For which redemption of each member was asked last: no other answer counts. Used with the ledger in hand."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def note(self, account: str, op: str) -> str | None:
        """Note a question and return the redemption of the one before."""
        before, self._last[account] = self._last.get(account), op
        return None if before == op else before

    def is_last(self, account: str, op: str) -> bool:
        """Say whether no other question was put for this member since."""
        return self._last.get(account) == op

    def done(self, account: str) -> None:
        """Forget a question whose redemption is recorded."""
        self._last.pop(account, None)


@dataclass(frozen=True, slots=True)
class Leave:
    """What was asked and answered before a redemption; `asked` is None if nobody had to be asked.

    `counts` says whether no other question for the member was put since.
    """

    asked: SpendAsked | None = None
    told: SpendTold | None = None
    by_stick: bool = False
    counts: bool = True

    @property
    def ground(self) -> Ground:
        """What the redemption rests on."""
        if self.asked is None:
            return Ground.BALANCE
        return Ground.OWN if self.told is None else Ground.PROMISE

    def part_of(self, bench: Bench, holder: Holder, moment: Moment, units: int) -> Holder:
        """Return the member with nothing but what may be spent for a redemption of `units`; raises NotAllowedError."""
        if self.asked is None:
            return holder
        unit, promised = self.asked.unit, self._promised(bench)
        own = {} if self.by_stick else unseen_lots(bench.ledger, holder.account).get(unit, {})
        part = within(spendable(holder, moment), unit, promised or {}, own)
        if part.balance(unit) < units:
            label, there = bench.programme.unit_label(unit), part.balance(unit)
            if promised is None:
                raise NotAllowedError(
                    f"no line: {there} of {unit!r} can be spent without headquarters, not {units}",
                    said=Said("spend_offline", {"count": there, "units": units}),
                    hint=f"no line: only {label} earned here since the last contact can be spent: {there}",
                )
            raise NotAllowedError(
                f"headquarters leaves {there} of {unit!r} to this till, not {units}",
                said=Said("spend_elsewhere", {"count": there, "units": units}),
                hint=f"{label} that can be spent here now: {there}; another till is spending the others, or is silent",
            )
        return part

    def _promised(self, bench: Bench) -> Mapping[str, int] | None:
        """Return the promise as long as it counts: a till that recorded much since has to ask again."""
        asked, at = self.asked, bench.ledger.identity
        if asked is None or self.told is None or not self.counts or asked.epoch != at.epoch:
            return None
        return self.told.lots if at.seq + _AT_ONCE <= asked.seq + PROMISE_ENTRIES else None


def to_ask(bench: Bench, ask: RedeemAsk, earlier: Asked) -> SpendAsked | None:
    """Return what headquarters is asked before a redemption, None if it was recorded before or needs no asking.

    With the question it hears which redemption was not made: what was promised for it is free.
    """
    takes = wanted(bench.programme, ask.reward, ask.units)
    if takes is None or takes[1] < 1 or not bench.programme.asks(takes[0]) or bench.ledger.find(ask.op) is not None:
        return None
    unit, units = takes
    moment, at = bench.moment(bench.when(None)), bench.ledger.identity
    day = moment.day if moment.confirmed else None
    account = bench.ledger.resolve(ask.account)
    before = earlier.note(account, ask.op)
    instead = before if before is not None and bench.ledger.find(before) is None else None
    return SpendAsked(ask.op, account, unit, units, at.epoch, at.seq, day, instead)


def policy_of(bench: Bench, unit: str) -> str:
    """Return the policy under which a unit is spent."""
    money = bench.programme.money_unit(unit)
    return str(money.policy) if money is not None else "online" if bench.programme.asks(unit) else "open"
