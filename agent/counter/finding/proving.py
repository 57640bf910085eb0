"""Proving: a member without his card spends with his PIN, or with the code on the last slip he was given here."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Final

from agent.counter.answers import MemberView
from agent.counter.asks import RedeemAsk
from agent.counter.bench import Bench
from agent.errors import CardNeededError, ProofNeededError, Said, WrongProofError
from agent.journal.entry import decode_entry
from agent.journal.staff.people import fits
from agent.ledger.kept.profiles.pins import TRIES_MAX, pin_of, tried, tries_of
from agent.loyalty.programme.without_card import Unproven

CARD, PIN, SLIP, NOTHING = "card", "pin", "slip", "nothing"  # what a redemption rests on, as its entry says
SLIP_CODE_MIN: Final = 8  # of the sixteen characters that a slip calls its proof: 32 bits, and wrong ones are counted
_SLIP_CODE_MAX: Final = 16
_LOOKED_AT: Final = 200  # the latest entries of an account; who has more of one day spends no more without his card

# The last slip of a sale: one of today can be had by looking a member up and selling something.
_LAST_SLIP = """
SELECT entry.hash FROM account_entry JOIN entry USING (n) JOIN slip ON slip.n = entry.n
WHERE account_entry.account = ? AND slip.kind = 'sale' AND json_extract(CAST(entry.bytes AS TEXT), '$.day') < ?
ORDER BY entry.n DESC LIMIT 1
"""
_LATEST = "SELECT bytes FROM account_entry JOIN entry USING (n) WHERE account = ? ORDER BY n DESC LIMIT ?"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PinToTry:
    """A PIN that is looked at without the ledger's lock, for that takes 30 ms; `kept` is its Argon2id string."""

    account: str
    pin: str
    kept: str


def look(bench: Bench, ask: RedeemAsk) -> str | PinToTry | None:
    """Return what a redemption rests on, or the PIN that is to be looked at; None if it was recorded before.

    A PIN counts as a wrong one until it is found right: the plug, or ten tries at once, gain nothing. Raises
    CardNeededError, ProofNeededError or WrongProofError when nothing proves that it is the member.
    """
    if bench.ledger.find(ask.op) is not None:
        return None
    policy = bench.programme.without_card
    if policy.spend is Unproven.OPEN or bench.is_shown(ask.card):
        return CARD if bench.is_shown(ask.card) else NOTHING
    if policy.spend is Unproven.NEVER:
        raise CardNeededError("without the card nothing is spent", said=Said("card_to_spend"))
    account = bench.holder(ask.account).account
    _check_day(bench, account)
    if ask.pin is not None:
        return _to_try(bench, account, ask.pin)
    if ask.slip is not None:
        _check_slip(bench, account, ask.slip)
        return SLIP
    raise ProofNeededError("this member was looked up, so spending needs a proof")


def try_pin(bench: Bench, to_try: PinToTry, *, right: bool) -> str:
    """Forget the wrong ones before a right PIN; raises WrongProofError for a wrong one."""
    if right:
        bench.ledger.remember(tried(to_try.account, 0))
        return PIN
    wrong = tries_of(bench.ledger, to_try.account)
    log.warning("wrong PIN %d of account=%s", wrong, to_try.account)
    raise WrongProofError(
        f"that is not the member's PIN; {max(TRIES_MAX - wrong, 0)} more tries",
        said=Said("wrong_pin", {"count": max(TRIES_MAX - wrong, 0)}),
    )


def is_right(to_try: PinToTry) -> bool:
    """Say whether it is the PIN; takes 30 ms."""
    return fits(to_try.pin, to_try.kept)


def with_proofs(bench: Bench, view: MemberView) -> MemberView:
    """Return a member with what may prove that it is he before he spends."""
    return replace(view, proofs=_proofs(bench, view.account, view.card))


def _proofs(bench: Bench, account: str, card: str | None) -> tuple[str, ...]:
    policy = bench.programme.without_card
    if policy.spend is Unproven.OPEN or bench.is_shown(card):
        return ()
    if policy.spend is Unproven.NEVER:
        return (CARD,)
    pin = (PIN,) if pin_of(bench.ledger, account) is not None else ()
    slip = (SLIP,) if _last_slip(bench, account) is not None else ()
    return (CARD, *pin, *slip)


def _to_try(bench: Bench, account: str, pin: str) -> PinToTry:
    kept = pin_of(bench.ledger, account)
    if kept is None:
        raise ProofNeededError(
            "this till knows no PIN of this member", said=Said("no_pin"), hint="ask for the card or the last slip"
        )
    _count_try(bench, account)
    return PinToTry(account, pin, kept)


def _check_slip(bench: Bench, account: str, code: str) -> None:
    """Raise WrongProofError unless it is the proof on the member's last slip from before today."""
    typed = "".join(code.split()).lower()
    head = _last_slip(bench, account)
    _count_try(bench, account)
    if head is None or not SLIP_CODE_MIN <= len(typed) <= _SLIP_CODE_MAX or not head.startswith(typed):
        raise WrongProofError(
            f"that is not the proof on this member's last slip from here ({SLIP_CODE_MIN} characters of it will do)",
            said=Said("wrong_slip"),
            hint="it stands at the foot of the last slip from before today",
        )
    bench.ledger.remember(tried(account, 0))


def _count_try(bench: Bench, account: str) -> None:
    """Count a proof as a wrong one before it is looked at; raises CardNeededError after too many."""
    wrong = tries_of(bench.ledger, account)
    if wrong >= TRIES_MAX:
        raise CardNeededError(
            f"the PIN is locked after {wrong} wrong proofs",
            said=Said("pin_locked", {"count": wrong}),
            hint="read the card; with it the member sets a new PIN",
        )
    bench.ledger.remember(tried(account, wrong + 1))


def _last_slip(bench: Bench, account: str) -> str | None:
    today = bench.when(None).date().isoformat()
    with bench.ledger.reading() as conn:
        row = conn.execute(_LAST_SLIP, (account, today)).fetchone()
    return None if row is None else bytes(row[0]).hex()


def _check_day(bench: Bench, account: str) -> None:
    """Raise CardNeededError if the account spent often enough today without a card."""
    most, today = bench.programme.without_card.a_day, bench.when(None).date().isoformat()
    with bench.ledger.reading() as conn:
        rows = conn.execute(_LATEST, (account, _LOOKED_AT)).fetchall()
    entries = [decode_entry(data) for (data,) in rows]
    spent = sum(
        one.kind == "redemption" and one.day == today and one.body.get("proof") in {PIN, SLIP} for one in entries
    )
    if spent >= most:
        raise CardNeededError(
            f"without the card {most} rewards a day are the most, and today there were {spent}",
            said=Said("card_for_more", {"limit": most, "count": spent}),
            hint="ask for the card, or come back tomorrow",
        )
