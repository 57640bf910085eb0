"""Policies: what becomes of units when goods come back, and when nobody comes at all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.errors import ProgrammeError
from agent.loyalty.calendar import Span
from agent.loyalty.programme.table import UNITS_MAX, Table


class WithoutReceipt(StrEnum):
    """What happens to points when goods come back without their receipt."""

    REVERSE = "reverse"  # as many points as the goods would earn now, even into debt
    KEEP = "keep"


class WhenSpent(StrEnum):
    """What happens when what a returned sale gave is spent already."""

    DEBT = "debt"  # the member owes it: later units pay
    CHARGE = "charge"  # what it was worth is kept from the money that is given back
    WAIVE = "waive"  # a supervisor may let it go; otherwise it is owed


class SlipCode(StrEnum):
    """The code on a sale's slip by which another till takes its goods back."""

    NONE = "none"
    TYPED = "typed"  # twenty characters
    QR = "qr"  # those, and a QR code that says more


@dataclass(frozen=True, slots=True)
class Refunds:
    """`returned_live`: units that go back to a lot past its last day live for so long from the refund on."""

    without_receipt: WithoutReceipt = WithoutReceipt.REVERSE
    when_spent: WhenSpent = WhenSpent.DEBT
    returned_live: Span | None = None
    slip_code: SlipCode = SlipCode.NONE


@dataclass(frozen=True, slots=True)
class Dormancy:
    """How long after the last purchase a member is `sleeping`, and how long after it `dormant`."""

    sleeping: Span
    dormant: Span


@dataclass(frozen=True, slots=True)
class Recycling:
    """`percent` of the units of `unit` that others lost go to the members of `tiers`, at most `most` to each."""

    unit: str
    tiers: tuple[str, ...]
    percent: int
    most: int


def read_refunds(table: Table) -> Refunds:
    """Read [refunds]."""
    refunds = Refunds(
        without_receipt=table.choice("without_receipt", WithoutReceipt, WithoutReceipt.REVERSE),
        when_spent=table.choice("when_spent", WhenSpent, WhenSpent.DEBT),
        returned_live=table.span("returned_live"),
        slip_code=table.choice("slip_code", SlipCode, SlipCode.NONE),
    )
    table.done()
    return refunds


def read_dormancy(table: Table) -> Dormancy | None:
    """Read [dormancy]; None if the programme has none."""
    sleeping, dormant = table.span("sleeping"), table.span("dormant")
    table.done()
    if sleeping is None and dormant is None:
        return None
    if sleeping is None or dormant is None:
        key = "sleeping" if sleeping is None else "dormant"
        raise ProgrammeError(f"{table.name}: key {key!r} is missing: both states begin so long after a purchase")
    if not sleeping.is_shorter_than(dormant):
        raise ProgrammeError(f"{table.name}: sleeping must begin before dormant")
    return Dormancy(sleeping, dormant)


def read_recycling(table: Table) -> Recycling | None:
    """Read [recycling]; None if the programme has none."""
    if "unit" not in table:
        table.done()
        return None
    recycling = Recycling(
        unit=table.id_of("unit"),
        tiers=table.ids("tiers"),
        percent=table.whole("percent", 1, 100),
        most=table.whole("most", 1, UNITS_MAX),
    )
    if not recycling.tiers:
        raise ProgrammeError(f"{table.name}: 'tiers' names none, so nobody gets what others lost")
    table.done()
    return recycling
