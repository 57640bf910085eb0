"""Counting entries: each is looked at once, by itself, so that the order and the pages they come in do not matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from agent.errors import JournalError
from agent.journal.entry import ADJUSTED, EXPIRED, ISSUANCE, REDEEMED, VOUCHERS_PREFIX
from agent.loyalty.closures.totals import Moves, Takings, Totals
from agent.loyalty.programme import Programme, is_counter

OPENED: Final = "drawer_opened"  # the kind of entry
MoneyUnits = Callable[[str | None], frozenset[str]]  # the units of money in a version of the programme

_LOADED = "loaded"  # the reason of an effect that loads a gift card (agent.loyalty.spending.credit)


class Reason(StrEnum):
    """Why the drawer was opened."""

    SALE = "sale"
    NO_SALE = "no_sale"


def money_of(programme: Programme) -> frozenset[str]:
    """Return the units of money in a programme."""
    return frozenset(unit.id for unit in programme.units if unit.money)


class Counting:
    """Entries as they are counted. `money` says which units of a version of the programme are money."""

    def __init__(self, money: MoneyUnits) -> None:
        self._money = money
        self._sums: Counter[tuple[str, str, str]] = Counter()
        self._drawer: Counter[str] = Counter()
        self._entries = self._unconfirmed = 0

    def add(self, entry: Mapping[str, Any]) -> None:
        """Count an entry, given as `Entry.to_map` does; JournalError if a kind we know lacks what it says."""
        try:
            self._count(entry)
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            named = f"entry {entry.get('seq')} ({entry.get('kind')})"
            raise JournalError(f"{named} cannot be counted: its body is of the wrong shape: {error!r}") from error

    def _count(self, entry: Mapping[str, Any]) -> None:
        self._entries += 1
        self._unconfirmed += not entry["clock"]["confirmed"]
        body, postings = entry["body"], entry["postings"]
        money = self._money(entry["programme"]) if postings else frozenset()
        match entry["kind"]:
            case "sale":
                self._sale(body)
            case "refund":
                self._refund(body, postings, money)
            case "redemption" | "voucher_spent":
                self._sums[self._part(body["unit"], postings, money), body["unit"], "value"] += body["value"]
            case "drawer_opened":
                self._drawer[body["reason"]] += 1
        for posting in postings:
            self._move(posting, postings, money)

    def _sale(self, body: Mapping[str, Any]) -> None:
        cards = {i for effect in body["effects"] if effect["reason"]["code"] == _LOADED for i in effect["lines"]}
        off = [(i in cards, amount) for discount in body.get("discounts", ()) for i, amount in discount["lines"]]
        discounts, all_off = sum(amount for is_card, amount in off if not is_card), sum(amount for _, amount in off)
        loaded = sum(body["lines"][i]["amount"] for i in cards)
        counted = {
            "sales": 1,
            "gross": body["total"] - loaded,
            "discounts": discounts,
            "cards_sold": loaded - (all_off - discounts),
            "redeemed": body["total"] - all_off - body["due"],
            "due": body["due"],
        }
        self._take(body["currency"], counted)

    def _refund(self, body: Mapping[str, Any], postings: Any, money: frozenset[str]) -> None:
        credited = body.get("credited", 0)
        issued = sum(p["amount"] for p in postings if p["account"] == ISSUANCE and p["unit"] in money)
        back = issued + credited  # what was credited is issued as well
        counted = {
            "refunds": 1,
            "refunded": body["money"] - back,
            "cards_back": back,
            "credited": credited,
        }
        self._take(body["currency"], counted)

    def _take(self, currency: str, counted: Mapping[str, int]) -> None:
        for name, amount in counted.items():
            self._sums["takings", currency, name] += amount

    def _move(self, posting: Mapping[str, Any], postings: Any, money: frozenset[str]) -> None:
        unit, moved = posting["unit"], _moved(posting["account"], posting["amount"])
        if moved is not None and not is_counter(unit):
            name, units = moved
            self._sums[self._part(unit, postings, money), unit, name] += units

    def _part(self, unit: str, postings: Any, money: frozenset[str]) -> str:
        """Say where a unit is counted: vouchers are their bearers', money is owed, the rest is loyalty."""
        if unit in money:
            return "cards"
        is_voucher = any(p["unit"] == unit and p["account"].startswith(VOUCHERS_PREFIX) for p in postings)
        return "vouchers" if is_voucher else "units"

    def totals(self) -> Totals:
        """Return what was counted so far."""
        parts: dict[str, dict[str, dict[str, int]]] = {"takings": {}, "units": {}, "vouchers": {}, "cards": {}}
        for (part, key, name), amount in self._sums.items():
            parts[part].setdefault(key, {})[name] = amount
        takings = {currency: Takings(**counted) for currency, counted in parts.pop("takings").items()}
        units, vouchers, cards = (
            {unit: Moves(**counted) for unit, counted in parts[part].items()} for part in ("units", "vouchers", "cards")
        )
        return Totals(takings, units, vouchers, cards, dict(self._drawer), self._entries, self._unconfirmed)


def _moved(account: str, amount: int) -> tuple[str, int] | None:
    """Say what a posting on one of the ledger's own accounts moves; None on a member's, a bearer's or the till's."""
    if account == ISSUANCE:
        return ("reversed", amount) if amount > 0 else ("issued", -amount)
    if account == REDEEMED:
        return ("redeemed", amount) if amount > 0 else ("returned", -amount)
    if account == EXPIRED:
        return "expired", amount
    return ("adjusted", -amount) if account == ADJUSTED else None
