"""Which cards a member has: one line a card, however many ids a number has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from agent.counter.bench import Bench
from agent.errors import NotAllowedError, Said, UnknownError
from agent.journal.fold import BLOCKED
from agent.ledger import members
from agent.ledger.members import masked_name
from agent.loyalty.cards import Source

_END: Final = 4  # characters of a number that are shown


@dataclass(frozen=True, slots=True)
class CardView:
    """A card as the cashier sees it: how its number ends, what it may do, and whose it is in a household.

    `kind` is `number`, `chip`, `payment` (a terminal's token), `person` (somebody known by phone, without a card) or
    `unknown` (its number was erased). `role`: `spend`, `earn` or `blocked`.
    """

    card: str
    kind: str
    end: str | None
    role: str
    masked: str | None


@dataclass(frozen=True, slots=True)
class Had:
    """A card: its ids (several where two tills opened it), what it may do, and what is sealed of it."""

    ids: tuple[str, ...]
    role: str
    profile: dict[str, Any]

    @property
    def is_read(self) -> bool:
        """Whether it is something that is read: neither a payment token nor a person without a card."""
        return self.profile.get("number") is not None and self.profile.get("source") != Source.PAYMENT

    def view(self) -> CardView:
        """Return it as the cashier sees it."""
        number = self.profile.get("number")
        kind = str(self.profile["source"]) if number is not None else "person" if self.profile else "unknown"
        end = None if number is None else str(number)[-_END:]
        return CardView(self.ids[0], kind, end, self.role, masked_name(self.profile))


def cards_of(bench: Bench, account: str) -> list[Had]:
    """Return the cards of an account, those that are blocked too."""
    with bench.ledger.reading() as conn:
        rows = conn.execute("SELECT id, role FROM card WHERE account = ? ORDER BY id", (account,)).fetchall()
    by_number: dict[object, Had] = {}
    for card, role in rows:
        profile = members.profile_of(bench.ledger, card) or {}
        number = profile.get("number")
        key = (profile.get("source"), number) if number is not None else card
        known = by_number.get(key)
        if known is None:
            by_number[key] = Had((card,), role, profile)
        else:
            by_number[key] = Had((*known.ids, card), min(known.role, role), known.profile)
    return list(by_number.values())


def the_card(bench: Bench, account: str, card: str | None) -> Had:
    """Return the card that is meant, or the only one there is; raises NotAllowedError if there are several."""
    live = [one for one in cards_of(bench, account) if one.role != BLOCKED and one.is_read]
    meant = live if card is None else [one for one in live if card in one.ids]
    if not meant:
        raise UnknownError(
            "the member has no such card that is not blocked", said=Said("no_card_left"), hint="link a new card instead"
        )
    if len(meant) > 1:
        raise NotAllowedError(
            f"the member has {len(meant)} cards",
            said=Said("which_card", {"count": len(meant)}),
            hint="say which: they are listed by their ends",
        )
    return meant[0]
