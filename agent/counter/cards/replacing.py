"""Replacing and blocking cards: the old one is never taken again, and a new one goes on where it stopped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from agent.counter.bench import Bench, new_name
from agent.counter.cards.having import Had, the_card
from agent.counter.details.changing import ChangeAnswer, answer, record, recorded_before
from agent.counter.joining.linking import check_free
from agent.journal.entry import check_op, encode
from agent.journal.staff.people import check_staff
from agent.ledger.kept.profiles import NewProfile
from agent.loyalty.cards import Source

REPLACED: Final = "card_replaced"  # kinds of entries
BLOCKED_CARD: Final = "card_blocked"


@dataclass(frozen=True, slots=True)
class ReplaceAsk:
    """A new card (its number, read or typed) in the place of a lost one (its id), or of the only one there is."""

    op: str
    account: str
    number: str = field(repr=False)
    lost: str | None = None
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)

    def content(self) -> bytes:
        """Return the canonical bytes of all but op and account; they are digested under the member's key only."""
        return encode({"lost": self.lost, "number": self.number, "staff": self.staff})


@dataclass(frozen=True, slots=True)
class BlockAsk:
    """A lost card (its id) is never taken again; the only one if none is named."""

    op: str
    account: str
    lost: str | None = None
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)

    def content(self) -> bytes:
        """Return the canonical bytes of all but op and account."""
        return encode({"lost": self.lost, "staff": self.staff})


def replace_card(bench: Bench, ask: ReplaceAsk, source: Source, *, by: str, approved_by: str | None) -> ChangeAnswer:
    """Put a new card in the place of a lost one, with its role and its person of the household.

    Raises UnknownError for a card that is not the member's or a new one outside the ranges, NotAllowedError for a new
    one that is somebody's, and when it is not clear which is lost.
    """
    before = recorded_before(bench, ask.op, REPLACED, ask.account, ask.content())
    if before is None:
        account = bench.holder(ask.account).account
        lost = the_card(bench, account, ask.lost)
        check_free(bench, ask.number, source)
        card = new_name()
        person = {key: value for key, value in lost.profile.items() if key not in {"number", "source"}}
        made = {**person, "number": ask.number, "source": str(source)}
        recorded = record(
            bench,
            op=ask.op,
            kind=REPLACED,
            account=account,
            content=ask.content(),
            body={"approved_by": approved_by, "blocked": list(lost.ids), "card": card, "role": lost.role},
            by=by,
            staff=ask.staff,
            profiles=(
                bench.ledger.keys.seal(made, subject=card, account=account),
                *_numbers_alone(bench, account, lost),
            ),
        )
        _forget(bench, lost)
        bench.shown.note(card, bench.now_ms())
    else:
        recorded = before
    return answer(bench, recorded, changed=("card",), repeated=before is not None)


def block_card(bench: Bench, ask: BlockAsk, *, by: str) -> ChangeAnswer:
    """Block a card; what the account holds stays the member's."""
    before = recorded_before(bench, ask.op, BLOCKED_CARD, ask.account, ask.content())
    if before is None:
        account = bench.holder(ask.account).account
        lost = the_card(bench, account, ask.lost)
        recorded = record(
            bench,
            op=ask.op,
            kind=BLOCKED_CARD,
            account=account,
            content=ask.content(),
            body={"blocked": list(lost.ids)},
            by=by,
            staff=ask.staff,
        )
        _forget(bench, lost)
    else:
        recorded = before
    return answer(bench, recorded, changed=("blocked",), repeated=before is not None)


def _numbers_alone(bench: Bench, account: str, lost: Had) -> tuple[NewProfile, ...]:
    """Return the lost card's profiles without its person, who is found by the new one from now on."""
    kept = {"number": lost.profile["number"], "source": lost.profile["source"]}
    if lost.profile == kept:
        return ()
    return tuple(bench.ledger.keys.seal(kept, subject=card, account=account) for card in lost.ids)


def _forget(bench: Bench, lost: Had) -> None:
    for card in lost.ids:
        bench.shown.forget(card)
