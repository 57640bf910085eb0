"""The programme: what a TOML file says, read into frozen values. Its version is the SHA-256 of the file's bytes.

See README.md for the format. Every key is checked; an unknown one is refused with the nearest known name.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from agent.errors import ProgrammeError
from agent.journal.entry import INTEGER_MAX
from agent.loyalty.cards import CardRange, Check, Source
from agent.loyalty.money import minor_digits
from agent.loyalty.sale import LINES_MAX, MONEY_MAX

QUALIFYING = "spend"  # the unit tiers are counted in: eligible minor units of a calendar year
PROGRAMME_BYTES_MAX = 256 * 1024
UNITS_MAX = 10**9
PERCENT_MAX = 1000  # of the points, for a tier

_Choice = TypeVar("_Choice", bound=StrEnum)
_ID = re.compile(r"[a-z][a-z0-9-]{0,31}")
_AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,4})?")


class WithoutReceipt(StrEnum):
    """What happens to points when goods come back without their receipt."""

    REVERSE = "reverse"  # as many points as the goods would earn now, even into debt
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class EarnRule:
    """`give` units for every whole `per` (minor units) of what counts."""

    id: str
    unit: str
    label: str
    give: int
    per: int
    exclude: frozenset[str]
    with_tax: bool


@dataclass(frozen=True, slots=True)
class PunchCard:
    """One punch an article of `categories`; with `punches` of them the next article is free, up to `value_max`."""

    id: str
    label: str
    categories: frozenset[str]
    punches: int
    value_max: int


@dataclass(frozen=True, slots=True)
class Tier:
    """A status for whoever spent `from_spend` (minor units) in this or last calendar year: `percent` of the points."""

    id: str
    label: str
    from_spend: int
    percent: int


@dataclass(frozen=True, slots=True)
class Reward:
    """Units as money: `units` are worth `value` (minor units); if `part`, fewer units are worth proportionally less."""

    id: str
    label: str
    unit: str
    units: int
    value: int
    part: bool


@dataclass(frozen=True, slots=True)
class Programme:
    """A whole programme, checked. `version` is the SHA-256 of its file in hex, `tiers` are in rising order."""

    version: str
    name: str
    currency: str
    cards: tuple[CardRange, ...]
    earn: tuple[EarnRule, ...]
    punch_cards: tuple[PunchCard, ...]
    tiers: tuple[Tier, ...]
    rewards: tuple[Reward, ...]
    without_receipt: WithoutReceipt

    def unit_label(self, unit: str) -> str:
        """Return what people call a unit."""
        labels = {card.id: card.label for card in self.punch_cards} | {rule.unit: rule.label for rule in self.earn}
        return labels.get(unit, unit)

    def covers(self, number: str, source: Source) -> bool:
        """Say whether a card number is in the programme's ranges."""
        return any(card.covers(number, source) for card in self.cards)


def version_of(data: bytes) -> str:
    """Return the version of a programme file: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def load(data: bytes) -> Programme:
    """Read a programme file's bytes; raises ProgrammeError naming the key, the value and what is allowed."""
    if len(data) > PROGRAMME_BYTES_MAX:
        raise ProgrammeError(f"the programme has {len(data)} bytes, at most {PROGRAMME_BYTES_MAX} are allowed")
    try:
        raw = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:  # not UTF-8, not TOML, an endless number, nested without end
        raise ProgrammeError(f"the programme is not valid TOML: {error}") from error
    top = _Table("the programme", raw)
    currency = top.text("currency", r"[A-Z]{3}")
    exponent = minor_digits(currency)
    programme = Programme(
        version=version_of(data),
        name=top.text("name", r"[^\x00-\x1f]{1,60}"),
        currency=currency,
        cards=tuple(_card_range(table) for table in top.tables("cards")),
        earn=tuple(_earn_rule(table, exponent) for table in top.tables("earn")),
        punch_cards=tuple(_punch_card(table, exponent) for table in top.tables("punch_cards")),
        tiers=tuple(sorted((_tier(t, exponent) for t in top.tables("tiers")), key=lambda tier: tier.from_spend)),
        rewards=tuple(_reward(table, exponent) for table in top.tables("rewards")),
        without_receipt=_refunds(top),
    )
    top.done()
    _check_whole(programme)
    return programme


def _card_range(table: _Table) -> CardRange:
    source = table.choice("source", Source, Source.NUMBER)
    pattern = r"[0-9]{0,19}" if source is Source.NUMBER else r"[0-9A-F]{0,20}"
    card = CardRange(
        table.text("prefix", pattern), table.whole("length", 4, 20), table.choice("check", Check, Check.NONE), source
    )
    if len(card.prefix) >= card.length or (source is Source.CHIP and card.check is not Check.NONE):
        raise ProgrammeError(f"{table.name}: prefix {card.prefix!r} and check {card.check} do not fit {source} cards")
    table.done()
    return card


def _earn_rule(table: _Table, exponent: int) -> EarnRule:
    rule = EarnRule(
        id=table.text("id", _ID.pattern),
        unit=table.text("unit", _ID.pattern),
        label=table.text("label", r"[^\x00-\x1f]{1,30}"),
        give=table.whole("give", 1, UNITS_MAX),
        per=table.money("per", exponent),
        exclude=table.names("exclude"),
        with_tax=table.flag("with_tax", default=True),
    )
    if rule.give * (LINES_MAX * MONEY_MAX // rule.per) * PERCENT_MAX // 100 > INTEGER_MAX:
        raise ProgrammeError(
            f"{table.name}: give = {rule.give} for every {rule.per} minor units is more than can be kept"
        )
    table.done()
    return rule


def _punch_card(table: _Table, exponent: int) -> PunchCard:
    card = PunchCard(
        id=table.text("id", _ID.pattern),
        label=table.text("label", r"[^\x00-\x1f]{1,30}"),
        categories=table.names("categories"),
        punches=table.whole("punches", 1, 100),
        value_max=table.money("value_max", exponent),
    )
    if not card.categories:
        raise ProgrammeError(f"{table.name}: 'categories' names none, so nothing would be punched")
    table.done()
    return card


def _tier(table: _Table, exponent: int) -> Tier:
    tier = Tier(
        id=table.text("id", _ID.pattern),
        label=table.text("label", r"[^\x00-\x1f]{1,30}"),
        from_spend=table.money("from_spend", exponent),
        percent=table.whole("percent", 100, PERCENT_MAX),
    )
    table.done()
    return tier


def _reward(table: _Table, exponent: int) -> Reward:
    reward = Reward(
        id=table.text("id", _ID.pattern),
        label=table.text("label", r"[^\x00-\x1f]{1,30}"),
        unit=table.text("unit", _ID.pattern),
        units=table.whole("units", 1, UNITS_MAX),
        value=table.money("value", exponent),
        part=table.flag("part", default=False),
    )
    table.done()
    return reward


def _refunds(top: _Table) -> WithoutReceipt:
    table = top.table("refunds")
    choice = table.choice("without_receipt", WithoutReceipt, WithoutReceipt.REVERSE)
    table.done()
    return choice


def _check_whole(programme: Programme) -> None:
    if not programme.cards:
        raise ProgrammeError("the programme has no [[cards]], so no card would ever be accepted")
    ids = [rule.id for rule in programme.earn] + [card.id for card in programme.punch_cards]
    ids += [tier.id for tier in programme.tiers] + [reward.id for reward in programme.rewards]
    for name in ids:
        if ids.count(name) > 1:
            raise ProgrammeError(f"id {name!r} is used {ids.count(name)} times; every rule needs its own")
    if programme.tiers and not programme.earn:
        raise ProgrammeError("the programme has [[tiers]] but no [[earn]]: tiers count what the first earn rule counts")
    earned = {rule.unit for rule in programme.earn}
    punched = {card.id for card in programme.punch_cards}
    if QUALIFYING in punched:
        raise ProgrammeError(f"punch card {QUALIFYING!r} has the name of the tiers' own unit")
    taken = {QUALIFYING} | punched
    for unit in sorted(earned & taken):
        raise ProgrammeError(f"unit {unit!r} of an earn rule is the name of a punch card or of the tiers' own unit")
    for reward in programme.rewards:
        if reward.unit not in earned:
            known = ", ".join(sorted(earned)) or "none"
            raise ProgrammeError(
                f"reward {reward.id!r} costs unit {reward.unit!r}, which nothing earns (known: {known})"
            )


class _Table:
    """A TOML table whose keys are taken out one by one; what is left at the end is unknown."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self.name = name
        self._values = dict(values)
        self._known: list[str] = []

    def _take(self, key: str, default: object = None) -> Any:
        self._known.append(key)
        value = self._values.pop(key, default)
        if value is None:
            near = get_close_matches(key, self._values, n=1)
            guess = f"; is it meant by {near[0]!r}?" if near else ""
            raise ProgrammeError(f"{self.name}: key {key!r} is missing{guess}")
        return value

    def text(self, key: str, pattern: str) -> str:
        value = self._take(key)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ProgrammeError(f"{self.name}: {key} = {value!r} must be a text like {pattern}")
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        value = self._take(key)
        if type(value) is not int or not low <= value <= high:
            raise ProgrammeError(f"{self.name}: {key} = {value!r} must be a whole number from {low} to {high}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise ProgrammeError(f"{self.name}: {key} = {value!r} must be true or false")
        return value

    def money(self, key: str, exponent: int) -> int:
        """An amount in the currency's own units, as text ("2.50"), so that no float ever rounds it."""
        value = self._take(key)
        fits = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
        minor = Decimal(value).scaleb(exponent) if fits else Decimal(0)
        if minor != minor.to_integral_value() or not 1 <= minor <= MONEY_MAX:
            low, high = Decimal(1).scaleb(-exponent), Decimal(MONEY_MAX).scaleb(-exponent)
            raise ProgrammeError(f"{self.name}: {key} = {value!r} must be an amount in quotes from {low:f} to {high:f}")
        return int(minor)

    def names(self, key: str) -> frozenset[str]:
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(name, str) and _ID.fullmatch(name) for name in value):
            raise ProgrammeError(f"{self.name}: {key} = {value!r} must be a list of names like {_ID.pattern}")
        return frozenset(value)

    def choice(self, key: str, kind: type[_Choice], default: _Choice) -> _Choice:
        value = self._take(key, str(default))
        try:
            return kind(value)
        except ValueError:
            allowed = ", ".join(kind)
            raise ProgrammeError(f"{self.name}: {key} = {value!r} must be one of {allowed}") from None

    def table(self, key: str) -> _Table:
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise ProgrammeError(f"{self.name}: {key!r} must be a table [{key}]")
        return _Table(f"[{key}]", value)

    def tables(self, key: str) -> list[_Table]:
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise ProgrammeError(f"{self.name}: {key!r} must be tables [[{key}]]")
        return [_Table(f"[[{key}]] number {number}", item) for number, item in enumerate(value, 1)]

    def done(self) -> None:
        for key in self._values:
            near = get_close_matches(key, self._known, n=1)
            guess = f"; did you mean {near[0]!r}?" if near else f"; known keys are {', '.join(self._known)}"
            raise ProgrammeError(f"{self.name}: unknown key {key!r}{guess}")
