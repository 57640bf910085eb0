"""What a closure puts on its slip: sections of figures, loyalty apart from sales, nothing of any member."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.loyalty.closures import Closure, Moves, Reason, Report, Takings, Totals
from agent.loyalty.programme import Programme
from agent.slips.facts import SlipFacts, SlipKind, SlipLine

_KIND: SlipKind = "closure"


def closure_slip(
    closure: Closure, body: Mapping[str, Any], programme: Programme, *, op: str, at: datetime, till: str
) -> tuple[str, dict[str, Any]]:
    """Return (kind, facts as JSON) of a closure's slip; `body` also says what was still open."""
    said = _Said(programme)
    facts = SlipFacts(
        kind=_KIND,
        op=op,
        at=at.isoformat(timespec="minutes"),
        till=till,
        currency=programme.currency,
        total=None,
        account=None,
        tier=None,
        lines=tuple(said.lines(closure, body)),
        balances=(),
        nearest=None,
        punch_cards=(),
        head="",
    )
    return _KIND, facts.to_json()


@dataclass(frozen=True, slots=True)
class _Said:
    programme: Programme

    def lines(self, closure: Closure, body: Mapping[str, Any]) -> Iterator[SlipLine]:
        period = closure.period
        title = {} if closure.number is None else {"number": str(closure.number)}
        yield SlipLine("closure_z" if closure.report is Report.Z else "closure_x", title)
        if closure.first_day is not None and closure.last_day is not None:
            code = "closure_day" if closure.first_day == closure.last_day else "closure_days"
            yield SlipLine(code, {"first": closure.first_day, "last": closure.last_day})
        yield _count("entries", period.entries)
        for currency, takings in period.takings.items():
            yield from _takings(currency, takings)
        yield from self._moves(period)
        yield SlipLine("closure_drawer", {})
        yield from (_count(f"drawer_{reason}", period.drawer.get(reason, 0)) for reason in Reason)
        yield from self._grand(closure.grand)
        yield SlipLine("closure_open", {})
        if body["unsynced"] is not None:
            yield _count("unsynced", body["unsynced"])
        yield _count("slips", body["slips_waiting"])
        yield _count("clock", period.unconfirmed)

    def _moves(self, totals: Totals) -> Iterator[SlipLine]:
        for unit, moves in totals.units.items():
            yield from self._moved("units", unit, moves)
        for unit, moves in totals.vouchers.items():
            yield from self._moved("vouchers", unit, moves)
        for unit, moves in totals.cards.items():
            yield from self._moved("units", unit, moves, currency=self.programme.currency)

    def _moved(self, heading: str, unit: str, moves: Moves, *, currency: str | None = None) -> Iterator[SlipLine]:
        yield SlipLine(f"closure_{heading}", {"label": self.programme.unit_label(unit)})
        signed = {
            "issued": moves.issued,
            "reversed": -moves.reversed,
            "used": -moves.redeemed,
            "returned": moves.returned,
            "expired": -moves.expired,
            "adjusted": moves.adjusted,
        }
        beside: Mapping[str, int | str] = {} if currency is None else {"currency": currency}
        yield from (SlipLine(f"closure_{name}", {"moved": units, **beside}) for name, units in signed.items() if units)
        if moves.value and currency is None:  # money is worth what it is
            yield SlipLine("closure_worth", {"amount": moves.value})

    def _grand(self, grand: Totals) -> Iterator[SlipLine]:
        yield SlipLine("closure_grand", {})
        for currency, takings in grand.takings.items():
            yield _money("turnover", takings.turnover, currency)
        for unit, moves in {**grand.units, **grand.vouchers}.items():
            yield self._left(unit, {"left": moves.left})
        for unit, moves in grand.cards.items():
            yield self._left(unit, {"left": moves.left, "currency": self.programme.currency})

    def _left(self, unit: str, left: Mapping[str, int | str]) -> SlipLine:
        return SlipLine("closure_left", {"label": self.programme.unit_label(unit), **left})


def _takings(currency: str, takings: Takings) -> Iterator[SlipLine]:
    yield SlipLine("closure_sales", {"currency": currency})
    yield _count("count", takings.sales)
    yield _money("goods", takings.gross, currency)
    if takings.discounts:
        yield _money("discounts", -takings.discounts, currency)
    if takings.refunds:
        back: dict[str, int | str] = {"count": takings.refunds, "amount": -takings.refunded, "currency": currency}
        yield SlipLine("closure_refunded", back)
    yield _money("turnover", takings.turnover, currency)
    yield SlipLine("closure_paid", {"currency": currency})
    paid = {
        "cards_sold": takings.cards_sold,
        "cards_back": -takings.cards_back,
        "redeemed": -takings.redeemed,
        "credited": takings.credited,
    }
    yield from (_money(name, amount, currency) for name, amount in paid.items() if amount)
    yield _money("due", takings.money, currency)


def _count(name: str, count: int) -> SlipLine:
    return SlipLine(f"closure_{name}", {"count": count})


def _money(name: str, amount: int, currency: str) -> SlipLine:
    return SlipLine(f"closure_{name}", {"amount": amount, "currency": currency})
