"""A customer: a member at the counter, as rewards and discounts see him."""

from __future__ import annotations

from dataclasses import dataclass

from agent.loyalty.judging.standing import memberships_of, tier_of
from agent.loyalty.lots import spendable
from agent.loyalty.programme.rules.standing import Membership, Tier
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Holder, Moment


@dataclass(frozen=True, slots=True)
class Customer:
    """A member at a moment: `holder` holds nothing but what may be spent then."""

    programme: Programme
    holder: Holder
    moment: Moment
    tier: Tier | None
    memberships: tuple[Membership, ...]

    @classmethod
    def of(cls, programme: Programme, holder: Holder, moment: Moment) -> Customer:
        """Return a member as he stands at the counter."""
        tier, memberships = tier_of(programme, holder, moment), memberships_of(programme, holder, moment)
        return cls(programme, spendable(holder, moment), moment, tier, memberships)

    @property
    def perks(self) -> tuple[str, ...]:
        """What the till announces to this member: the perks of the tier, then those of the memberships."""
        of_tier = () if self.tier is None else self.tier.perks
        return (*of_tier, *(perk for membership in self.memberships for perk in membership.perks))
