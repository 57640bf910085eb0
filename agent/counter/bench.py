"""What every use case works on: the ledger and the programme in force, and the few things they all ask of them."""

from __future__ import annotations

import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime

from agent.counter.answers import MemberView, PunchView
from agent.errors import InvalidError, OpConflictError, UnknownError
from agent.ledger import members
from agent.ledger.ledger import Ledger
from agent.ledger.records import Recorded
from agent.loyalty import spend
from agent.loyalty.evaluate import tier_of
from agent.loyalty.programme import QUALIFYING, Programme
from agent.loyalty.sale import Holder, Line, Moment

_ID_BYTES = 10  # 80 bits: sixteen letters, never two alike


@dataclass(frozen=True, slots=True)
class Bench:
    """The ledger and the programme in force; the caller holds the ledger for the length of a use case."""

    ledger: Ledger
    programme: Programme

    def moment(self, at: datetime) -> Moment:
        """Return when something happens, as rules see it."""
        return Moment(at.date().isoformat(), self.ledger.clock.read().confirmed)

    def when(self, stated: str | None) -> datetime:
        """Return the shop's local time: as stated by the point-of-sale software, else by the till's clock."""
        if stated is not None:
            return datetime.fromisoformat(stated)
        reading = self.ledger.clock.read()
        return self.ledger.clock.local(reading.wall_ms).replace(tzinfo=None, microsecond=0)

    def holder(self, account: str) -> Holder:
        """Return what an account holds; raises UnknownError."""
        holder = members.holder(self.ledger, account)
        if holder is None:
            raise UnknownError(f"no account ending in {account[-4:]!r} on this till", hint="read the card again")
        return holder

    def check_card(self, card: str | None, account: str | None) -> None:
        """Raise InvalidError unless the card belongs to the account."""
        if card is None:
            return
        with self.ledger.reading() as conn:
            row = conn.execute("SELECT account FROM card WHERE id = ?", (card,)).fetchone()
        if row is None:
            raise UnknownError(f"no card id ending in {card[-4:]!r} on this till", hint="read the card again")
        if account is None or self.ledger.resolve(row[0]) != self.ledger.resolve(account):
            raise InvalidError(f"card {card!r} is not linked to the account named with it", hint="read the card again")

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
        tier = tier_of(self.programme, holder, self.moment(at))
        cards = self.programme.punch_cards
        units = [rule.unit for rule in self.programme.earn] + [punch_card.id for punch_card in cards]
        held = [unit for unit in holder.lots if unit not in units and unit != QUALIFYING]
        return MemberView(
            account=holder.account,
            card=card,
            status=str(holder.status),
            name=members.first_name(self.ledger, holder.account),
            tier=tier.label if tier else None,
            balances={unit: holder.balance(unit) for unit in [*units, *held]},
            labels={unit: self.programme.unit_label(unit) for unit in [*units, *held]},
            punch_cards=tuple(PunchView(c.id, c.label, holder.balance(c.id), c.punches + 1) for c in cards),
            nearest=spend.nearest(self.programme, holder),
            offers=spend.offers(self.programme, holder, due=due, lines=lines),
        )


def new_name() -> str:
    """Return a random id for an account or a card: sixteen letters and digits that say nothing."""
    return b32encode(secrets.token_bytes(_ID_BYTES)).decode().lower()
