"""The programme as a whole: what a TOML file says, read into frozen values. Its version is the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from agent.errors import ProgrammeError
from agent.journal.codes import kind_tag
from agent.loyalty.cards import CardRange, Check, Source
from agent.loyalty.money import minor_digits
from agent.loyalty.programme.conditions import When
from agent.loyalty.programme.consent import Consent, read_consent
from agent.loyalty.programme.policies import (
    Dormancy,
    Recycling,
    Refunds,
    read_dormancy,
    read_recycling,
    read_refunds,
)
from agent.loyalty.programme.positions import Positions, read_toml
from agent.loyalty.programme.radar import Radar, read_radar
from agent.loyalty.programme.rules.closing import Closing, read_closing
from agent.loyalty.programme.rules.earning import (
    By,
    Challenge,
    Counted,
    EarnRule,
    Multiplier,
    Stacking,
    read_challenge,
    read_earn_rule,
    read_multiplier,
)
from agent.loyalty.programme.rules.games import ODDS_MIN, Game, read_game
from agent.loyalty.programme.rules.people import Referral, read_referral
from agent.loyalty.programme.rules.punching import PunchBy, PunchCard, read_punch_card
from agent.loyalty.programme.rules.rewarding import DiscountRule, Reward, read_discount, read_reward
from agent.loyalty.programme.rules.standing import (
    Membership,
    Tier,
    TierBy,
    TierRules,
    read_membership,
    read_tier,
    read_tier_rules,
)
from agent.loyalty.programme.rules.vouchers import GiftCard, Voucher, read_gift_card, read_voucher
from agent.loyalty.programme.supervision import Supervision, read_supervision
from agent.loyalty.programme.table import Place, Table
from agent.loyalty.programme.units import RESERVED, SpendPolicy, Unit, read_unit
from agent.loyalty.programme.without_card import WithoutCard, read_without_card
from agent.loyalty.sale import Line

PROGRAMME_BYTES_MAX = 256 * 1024


class _Named(Protocol):
    @property
    def id(self) -> str: ...


class _OfUnit(_Named, Protocol):
    @property
    def unit(self) -> str: ...


class _Conditional(_Named, Protocol):
    @property
    def when(self) -> When: ...


class UnknownArticles(StrEnum):
    """What becomes of articles that the till's table of articles does not know."""

    COUNT = "count"  # they earn like any other
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Programme:
    """A whole programme, checked. `version` is the SHA-256 of its file in hex, `tiers` are in rising order.

    `counts_visits`: some rule asks how often a member came, so every sale notes it. `asks_birthdays`: some rule asks
    for the member's birthday, which is sealed and read only then. `labels`: what people call its units.
    """

    version: str
    name: str
    currency: str
    cards: tuple[CardRange, ...]
    units: tuple[Unit, ...]
    earn: tuple[EarnRule, ...]
    multipliers: tuple[Multiplier, ...]
    stacking: Stacking
    challenges: tuple[Challenge, ...]
    punch_cards: tuple[PunchCard, ...]
    tier_rules: TierRules
    tiers: tuple[Tier, ...]
    memberships: tuple[Membership, ...]
    rewards: tuple[Reward, ...]
    discounts: tuple[DiscountRule, ...]
    discount_stacking: Stacking
    gift_cards: tuple[GiftCard, ...]
    vouchers: tuple[Voucher, ...]
    referrals: tuple[Referral, ...]
    games: tuple[Game, ...]
    refunds: Refunds
    supervision: Supervision
    radar: Radar
    without_card: WithoutCard
    consent: Consent
    dormancy: Dormancy | None
    recycling: Recycling | None
    closing: Closing | None
    unknown_articles: UnknownArticles
    counts_visits: bool
    asks_birthdays: bool

    labels: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay out once for all sales what units are called."""
        labels = {card.id: card.label for card in self.punch_cards} | {known.id: known.label for known in self.units}
        object.__setattr__(self, "labels", labels | {kind.id: kind.label for kind in self.vouchers})

    def unit_label(self, unit: str) -> str:
        """Return what people call a unit."""
        return self.labels.get(unit, unit)

    def unit(self, unit: str) -> Unit:
        """Return one of the programme's units."""
        return next(known for known in self.units if known.id == unit)

    def money_unit(self, unit: object) -> Unit | None:
        """Return a unit if it is one of money."""
        return next((known for known in self.units if known.money and known.id == unit), None)

    def asks(self, unit: str) -> bool:
        """Say whether headquarters is asked before units of this kind are spent."""
        if any(known.asks for known in self.units if known.id == unit):
            return True
        return any(card.id == unit and card.spend is SpendPolicy.ONLINE for card in self.punch_cards)

    def loads(self, lines: Sequence[Line]) -> frozenset[int]:
        """Return which lines are gift cards being sold: they earn nothing, and nothing but money pays for them."""
        if not self.gift_cards:
            return frozenset()
        return frozenset(i for i, line in enumerate(lines) if any(card.scope.counts(line) for card in self.gift_cards))

    def covers(self, number: str, source: Source) -> bool:
        """Say whether a card number is in the programme's ranges."""
        return any(card.covers(number, source) for card in self.cards)

    @property
    def every_card_spends(self) -> bool:
        """True unless there is a kind of card on which nothing may be spent."""
        return all(card.spends for card in self.cards)

    def may_spend(self, number: str, source: Source) -> bool:
        """Say whether a card of this number may spend: no kind of card that it belongs to forbids it."""
        return all(card.spends for card in self.cards if card.covers(number, source))


def version_of(data: bytes) -> str:
    """Return the version of a programme file: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def load(data: bytes) -> Programme:
    """Read a programme file's bytes; raises ProgrammeError naming the line, key, value and what is allowed."""
    if len(data) > PROGRAMME_BYTES_MAX:
        raise ProgrammeError(f"the programme has {len(data)} bytes, at most {PROGRAMME_BYTES_MAX} are allowed")
    text, raw = read_toml(data)
    place = Place()
    try:
        currency = Table("the programme", raw, 0, place).text("currency", r"[A-Z]{3}")
        programme = _read(Table("the programme", raw, minor_digits(currency), place), version_of(data))
        place.path = ()
        check_names(programme)
    except ProgrammeError as error:
        line = Positions.of(text, raw).line_of_refusal(place.path, str(error))
        raise ProgrammeError(str(error), hint=error.hint, line=line) from None
    return programme


def _read(top: Table, version: str) -> Programme:
    tier_rules = read_tier_rules(top.table("tier_rules"))
    units = tuple(map(read_unit, top.tables("units")))
    dormancy = read_dormancy(top.table("dormancy"))
    earn = tuple(map(read_earn_rule, top.tables("earn")))
    multipliers = tuple(map(read_multiplier, top.tables("multipliers")))
    challenges = tuple(map(read_challenge, top.tables("challenges")))
    punch_cards = tuple(map(read_punch_card, top.tables("punch_cards")))
    discounts = tuple(map(read_discount, top.tables("discounts")))
    vouchers = tuple(map(read_voucher, top.tables("vouchers")))
    rewards = tuple(_worth(read_reward(table), vouchers) for table in top.tables("rewards"))
    referrals = tuple(map(read_referral, top.tables("referrals")))
    odds_min = top.whole("odds_min", 1, 100, ODDS_MIN)
    games = tuple(read_game(table, odds_min=odds_min) for table in top.tables("games"))
    rules: list[_Conditional] = [*earn, *multipliers, *challenges, *punch_cards, *discounts, *rewards, *games]
    programme = Programme(
        version=version,
        name=top.text("name", r"[^\x00-\x1f]{1,60}"),
        currency=top.text("currency", r"[A-Z]{3}"),
        cards=tuple(map(_card_range, top.tables("cards"))),
        units=units,
        earn=earn,
        multipliers=multipliers,
        stacking=top.choice("multipliers_stack", Stacking, Stacking.BEST),
        challenges=challenges,
        punch_cards=punch_cards,
        tier_rules=tier_rules,
        tiers=tuple(sorted((read_tier(t, tier_rules) for t in top.tables("tiers")), key=lambda t: t.threshold)),
        memberships=tuple(map(read_membership, top.tables("memberships"))),
        rewards=rewards,
        discounts=discounts,
        discount_stacking=top.choice("discounts_stack", Stacking, Stacking.BEST),
        gift_cards=tuple(map(read_gift_card, top.tables("gift_cards"))),
        vouchers=vouchers,
        referrals=referrals,
        games=games,
        refunds=read_refunds(top.table("refunds")),
        supervision=read_supervision(top.table("supervision")),
        radar=read_radar(top.table("radar")),
        without_card=read_without_card(top.table("without_card")),
        consent=read_consent(top.table("consent")),
        dormancy=dormancy,
        recycling=read_recycling(top.table("recycling")),
        closing=read_closing(top.table("closing")),
        unknown_articles=top.choice("unknown_articles", UnknownArticles, UnknownArticles.COUNT),
        counts_visits=_asks_for_absence(units, dormancy)
        or bool(referrals)  # who has bought here before is nobody's friend
        or _counts_visits(rules, tier_rules),
        asks_birthdays=any(rule.when.birthday is not None for rule in (*rules, *referrals)),
    )
    top.done()
    return programme


def _asks_for_absence(units: Iterable[Unit], dormancy: Dormancy | None) -> bool:
    return dormancy is not None or any(unit.inactive is not None for unit in units)


def _worth(reward: Reward, vouchers: Iterable[Voucher]) -> Reward:
    """Return a reward that gives a voucher with what the voucher will be worth."""
    worth = [kind.reward.value for kind in vouchers if kind.id == reward.voucher]
    return replace(reward, value=worth[0]) if worth else reward


def _counts_visits(rules: Iterable[_Conditional], tiers: TierRules) -> bool:
    return tiers.by is TierBy.VISITS or any(rule.when.first_sale or _is_by_visit(rule) for rule in rules)


def _is_by_visit(rule: _Conditional) -> bool:
    match rule:
        case EarnRule():
            return rule.by is By.VISIT
        case PunchCard():
            return rule.by is PunchBy.VISIT
        case Challenge():
            return rule.counted is Counted.VISITS
        case _:
            return False


def _card_range(table: Table) -> CardRange:
    source = table.choice("source", Source, Source.NUMBER)
    if source is Source.PAYMENT:
        raise table.refuse("source", str(source), f"one of {Source.NUMBER}, {Source.CHIP}")
    pattern = r"[0-9]{0,19}" if source is Source.NUMBER else r"[0-9A-F]{0,20}"
    card = CardRange(
        prefix=table.text("prefix", pattern),
        length=table.whole("length", 4, 20),
        check=table.choice("check", Check, Check.NONE),
        source=source,
        spends=table.flag("spends", default=True),
    )
    if len(card.prefix) >= card.length or (source is Source.CHIP and card.check is not Check.NONE):
        raise ProgrammeError(f"{table.name}: prefix {card.prefix!r} and check {card.check} do not fit {source} cards")
    table.done()
    return card


def check_names(programme: Programme) -> None:
    """Refuse names that are used twice, and rules that name what is not there."""
    if not programme.cards:
        raise ProgrammeError("the programme has no [[cards]], so no card would ever be accepted")
    rules: list[_Conditional] = [
        *programme.earn,
        *programme.multipliers,
        *programme.challenges,
        *programme.punch_cards,
        *programme.discounts,
        *programme.rewards,
        *programme.referrals,
        *programme.games,
    ]
    named: list[_Named] = [*rules, *programme.tiers, *programme.memberships, *programme.gift_cards, *programme.vouchers]
    ids = [rule.id for rule in named] + [unit.id for unit in programme.units]
    for name in ids:
        if ids.count(name) > 1:
            raise ProgrammeError(f"id {name!r} is used {ids.count(name)} times; every unit and rule needs its own")
        if name in RESERVED:
            raise ProgrammeError(f"id {name!r} is a name the programme's own counters have")
    if programme.tiers and not programme.earn and programme.tier_rules.by is not TierBy.VISITS:
        raise ProgrammeError("the programme has [[tiers]] but no [[earn]]: tiers count what the first earn rule counts")
    _check_units(programme)
    for rule in rules:
        _known(rule.id, "tiers", rule.when.tiers, {tier.id for tier in programme.tiers})
        _known(rule.id, "memberships", rule.when.memberships, {m.id for m in programme.memberships})
    for referral in programme.referrals:
        _known(referral.id, "referrer_tiers", referral.tiers, {tier.id for tier in programme.tiers})
    if programme.recycling is not None:
        _known("[recycling]", "tiers", programme.recycling.tiers, {tier.id for tier in programme.tiers})
    for multiplier in programme.multipliers:
        _known(multiplier.id, "of", multiplier.of, {rule.id for rule in programme.earn})


def _check_units(programme: Programme) -> None:
    """Refuse rules that give or take what is not there, or give money, which is paid for and spent as it is."""
    units, money = {unit.id for unit in programme.units}, {unit.id for unit in programme.units if unit.money}
    kinds = {kind.id for kind in programme.vouchers}
    spending: list[_OfUnit] = [
        *programme.earn,
        *programme.challenges,
        *programme.rewards,
        *programme.referrals,
    ]
    for using in spending:
        _known(using.id, "unit", (using.unit,), units)
        if using.unit in money:
            raise ProgrammeError(f"{using.id!r}: unit {using.unit!r} is money, which is paid for and spent as it is")
    for card in programme.gift_cards:
        _known(card.id, "unit", (card.unit,), money)
    for game in programme.games:
        _known(game.id, "unit", filter(None, (prize.unit for prize in game.prizes)), units - money)
        _known(game.id, "voucher", filter(None, (prize.voucher for prize in game.prizes)), kinds)
    for reward in programme.rewards:
        _known(reward.id, "voucher", filter(None, (reward.voucher,)), kinds)
    tags = {kind_tag(kind.id): kind.id for kind in programme.vouchers}
    for kind in programme.vouchers:
        if tags[kind_tag(kind.id)] != kind.id:
            raise ProgrammeError(f"vouchers {kind.id!r} and {tags[kind_tag(kind.id)]!r} have codes alike: rename one")
    if programme.recycling is not None:
        _known("[recycling]", "unit", (programme.recycling.unit,), units - money)
    for unit in programme.units:
        _check_inactive(unit, programme.dormancy)


def _check_inactive(unit: Unit, dormancy: Dormancy | None) -> None:
    if dormancy is None or unit.inactive is None or dormancy.dormant.is_shorter_than(unit.inactive):
        return
    raise ProgrammeError(f"{unit.id!r}: inactive must be longer than [dormancy] dormant, which warns of it")


def _known(rule: str, key: str, names: Iterable[str], known: set[str]) -> None:
    for name in names:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise ProgrammeError(f"{rule!r}: {key} names {name!r}, which is not in the programme (known: {there})")
