"""What is as good as money: gift cards and vouchers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.errors import ProgrammeError
from agent.loyalty.calendar import Span
from agent.loyalty.programme.conditions import Scope, When, read_scope, read_when
from agent.loyalty.programme.rules.rewarding import Gives, Reward
from agent.loyalty.programme.table import Table


class Reach(StrEnum):
    """Where a voucher counts."""

    SHOP = "shop"  # where it was issued
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class GiftCard:
    """Selling what is in `scope` loads what it costs into the customer's account, as `unit` (a unit of money)."""

    id: str
    unit: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Issue:
    """With what sales a voucher is given: when the lines of `scope` are paid as `when` says."""

    scope: Scope
    when: When


@dataclass(frozen=True, slots=True)
class Voucher:
    """A kind of voucher: `reward` says what one of them is worth on a sale, `expires` for how long.

    Typed, one that this till does not know is worth `typed_max` at most (minor units); `issue`: sales that give one.
    """

    reward: Reward
    expires: Span | None
    reach: Reach
    typed_max: int
    issue: Issue | None

    @property
    def id(self) -> str:
        """The kind's id, which is the name of its unit."""
        return self.reward.id

    @property
    def label(self) -> str:
        """What people call it."""
        return self.reward.label

    @property
    def when(self) -> When:
        """When it counts."""
        return self.reward.when


def read_gift_card(table: Table) -> GiftCard:
    """Read one of [[gift_cards]]."""
    card = GiftCard(table.id(), table.id_of("unit"), read_scope(table))
    if not card.scope.names_lines:
        raise ProgrammeError(f"{table.name}: 'categories', 'brands' and 'articles' name none, so nothing is loaded")
    table.done()
    return card


def read_voucher(table: Table) -> Voucher:
    """Read one of [[vouchers]]."""
    name, label = table.id(), table.label()
    by_percent = "percent" in table
    value = table.money("most" if by_percent else "value")
    reward = Reward(
        id=name,
        label=label,
        unit=name,
        units=1,
        value=value,
        gives=Gives.PERCENT if by_percent else Gives.MONEY,
        percent=table.whole("percent", 1, 100) if by_percent else 100,
        scope=read_scope(table),
        when=read_when(table),
    )
    voucher = Voucher(
        reward=reward,
        expires=table.span("expires"),
        reach=table.choice("reach", Reach, Reach.CHAIN),
        typed_max=table.money("typed_max", value),
        issue=_issue(table.table("issue")) if "issue" in table else None,
    )
    when = voucher.when
    if when.tiers or when.memberships or when.birthday or when.first_sale:
        raise ProgrammeError(
            f"{table.name}: a voucher is its bearer's, so it asks nobody for tier, birthday or first sale"
        )
    table.done()
    return voucher


def _issue(table: Table) -> Issue:
    issue = Issue(read_scope(table), read_when(table))
    table.done()
    return issue
