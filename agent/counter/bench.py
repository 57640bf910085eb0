"""What every use case works on: the ledger and the programme in force, and the few things they all ask of them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b32encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from agent.counter.answers import MemberView, PunchView
from agent.counter.finding.shown import Shown
from agent.counter.shelf import Shelf
from agent.counter.spending.here import Way, spendable_here
from agent.errors import InvalidError, NotAllowedError, OpConflictError, Said, UnknownError
from agent.journal.entry import TILL_PREFIX
from agent.journal.fold import SPEND
from agent.ledger import members
from agent.ledger.ledger import Ledger
from agent.ledger.records import Recorded
from agent.loyalty.ageing.absence import absence_notices
from agent.loyalty.ageing.ending import expiry_notices
from agent.loyalty.cards import Source
from agent.loyalty.judging.limits import is_birthday
from agent.loyalty.judging.referral import code_of, may_refer
from agent.loyalty.judging.standing import notices_of
from agent.loyalty.lots import waiting_of
from agent.loyalty.programme import Programme, is_counter
from agent.loyalty.programme.conditions import Birthday
from agent.loyalty.sale import Effect, Holder, Line, Lot, Moment, Reason
from agent.loyalty.spending.catalogue import STOCK_LOT
from agent.loyalty.spending.customer import Customer
from agent.loyalty.spending.offering import nearest, offers

_DIGEST_BYTES = 16
_ID_BYTES = 10  # 80 bits: sixteen letters, never two alike


@dataclass(frozen=True, slots=True)
class Bench:
    """The ledger and the programme in force; the caller holds the ledger for the length of a use case."""

    ledger: Ledger
    programme: Programme
    shelf: Shelf
    shown: Shown
    way: Way

    def moment(self, at: datetime) -> Moment:
        """Return when something happens, as rules see it."""
        shop = self.ledger.till.partition("/")[0]
        return Moment(at.date().isoformat(), self.ledger.clock.is_confirmed(), f"{at.hour:02}:{at.minute:02}", shop)

    def when(self, stated: str | None) -> datetime:
        """Return the shop's local time: as stated by the point-of-sale software, else by the till's clock."""
        if stated is not None:
            return datetime.fromisoformat(stated)
        return self.ledger.clock.now().replace(tzinfo=None, microsecond=0)

    def now_ms(self) -> int:
        """Return the till's monotone clock (ms)."""
        return self.ledger.clock.read().mono_ms

    def is_shown(self, card: str | None) -> bool:
        """Say whether this card was read here of late."""
        return self.shown.is_here(card, self.now_ms())

    def holder(self, account: str) -> Holder:
        """Return what an account holds; raises UnknownError."""
        holder = members.holder(self.ledger, account)
        if holder is None:
            raise UnknownError(
                f"no account ending in {account[-4:]!r} on this till",
                said=Said("no_account"),
                hint="read the card again",
            )
        if self.programme.asks_birthdays:
            return replace(holder, born=members.born(self.ledger, holder.account))
        return holder

    def check_card(self, card: str | None, account: str | None) -> None:
        """Raise InvalidError unless the card belongs to the account."""
        if card is None:
            return
        with self.ledger.reading() as conn:
            row = conn.execute("SELECT account FROM card WHERE id = ?", (card,)).fetchone()
        if row is None:
            raise UnknownError(
                f"no card id ending in {card[-4:]!r} on this till", said=Said("no_card"), hint="read the card again"
            )
        if account is None or self.ledger.resolve(row[0]) != self.ledger.resolve(account):
            raise InvalidError(
                f"card {card!r} is not linked to the account named with it",
                said=Said("card_of_another"),
                hint="read the card again",
            )

    def may_spend(self, card: str | None) -> bool:
        """Say whether who shows this card may spend what the account has; who was looked up without a card may.

        A card whose number was erased is of a kind that nobody knows: it may spend unless there is one that may not.
        """
        if card is None:
            return True
        if members.card_role(self.ledger, card) != SPEND:
            return False
        if self.programme.every_card_spends:
            return True
        profile = members.profile_of(self.ledger, card)
        if profile is None:
            return False
        return profile.get("number") is None or self.programme.may_spend(profile["number"], Source(profile["source"]))

    def check_spends(self, card: str | None) -> None:
        """Raise NotAllowedError if who shows this card may not spend."""
        if not self.may_spend(card):
            raise NotAllowedError(
                f"card {card!r} only collects: nothing is spent on it",
                said=Said("card_collects"),
                hint="ask for a card that may spend, or look the member up by phone number",
            )

    def given(self) -> dict[str, int]:
        """Return how many this till gave of each reward that it has a stock of (unit -> how many)."""
        if all(reward.stock is None for reward in self.programme.rewards):
            return {}
        with self.ledger.reading() as conn:
            query = "SELECT unit, amount FROM lot WHERE account = ? AND lot = ?"
            return dict(conn.execute(query, (TILL_PREFIX + self.ledger.till, STOCK_LOT)).fetchall())

    def repeated(self, op: str, kind: str, ask: bytes, *, account: str | None) -> Recorded | None:
        """Return what was recorded under `op` before; raises OpConflictError if it was something else."""
        recorded = self.ledger.find(op)
        if recorded is None:
            return None
        entry = recorded.entry
        same = entry.kind == kind and recorded.ask == ask
        if same and account is not None:
            same = self.ledger.resolve(account) == self.ledger.resolve(entry.body["account"])
        if not same:
            raise OpConflictError(f"op {op!r} was used for another {entry.kind} (entry {entry.seq})")
        return recorded

    def view(
        self, holder: Holder, at: datetime, *, card: str | None, due: int | None = None, lines: tuple[Line, ...] = ()
    ) -> MemberView:
        """Return a member as the cashier sees him."""
        moment, spends = self.moment(at), self.may_spend(card)
        refers = may_refer(self.programme, holder, moment)
        customer = Customer.of(self.programme, holder, moment)
        cards = self.programme.punch_cards
        units = [unit.id for unit in self.programme.units] + [punch_card.id for punch_card in cards]
        terms = {membership.id for membership in self.programme.memberships}
        held = [unit for unit in holder.lots if unit not in units and unit not in terms and not is_counter(unit)]
        money = [unit.id for unit in self.programme.units if unit.money]
        whole, holder = holder, customer.holder
        called = members.called(self.ledger, holder.account)
        return MemberView(
            account=holder.account,
            card=card,
            spends=spends,
            status=str(holder.status),
            name=called.name,
            phone_end=called.phone_end,
            tier=customer.tier.label if customer.tier else None,
            balances={unit: holder.balance(unit) for unit in [*units, *held] if unit not in money},
            credit={unit: holder.balance(unit) for unit in money},
            labels={unit: self.programme.unit_label(unit) for unit in [*units, *held]},
            punch_cards=tuple(PunchView(c.id, c.label, holder.balance(c.id), c.punches + 1) for c in cards),
            nearest=nearest(customer),
            offers=offers(customer, due=due, lines=lines, given=self.given()) if spends else (),
            perks=customer.perks,
            notices=tuple(self._notices(whole, moment)),
            waiting=waiting_of(whole, moment),
            referral_code=code_of(holder.account) if refers else None,
            masked=called.masked,
            birthday=is_birthday(called.born, Birthday.WEEK, moment),
            language=called.language,
            spendable=spendable_here(self.ledger, self.programme, holder, [*units, *held], self.way) if spends else {},
        )

    def _notices(self, holder: Holder, moment: Moment) -> Iterator[Reason]:
        yield from notices_of(self.programme, holder, moment)
        yield from expiry_notices(self.programme, holder, moment)
        yield from absence_notices(self.programme, holder, moment)


def with_effects(holder: Holder, effects: Iterable[Effect]) -> Holder:
    """Return a member as these effects leave him; what they do to others is left out."""
    lots = {unit: list(held) for unit, held in holder.lots.items()}
    for effect in effects:
        if effect.amount and effect.account is None:
            lots.setdefault(effect.unit, []).append(Lot(effect.lot, effect.amount, effect.expires))
    return Holder(holder.account, holder.status, {unit: tuple(held) for unit, held in lots.items()}, holder.born)


def new_name() -> str:
    """Return a random id for an account or a card: sixteen letters and digits that say nothing."""
    return b32encode(secrets.token_bytes(_ID_BYTES)).decode().lower()


def keyed_digest(content: bytes, key: bytes) -> bytes:
    """Digest what a person said of himself under the member's own key.

    Without the key nobody can test a guess, and erasing it ends it.
    """
    return hmac.digest(key, content, hashlib.sha256)[:_DIGEST_BYTES]
