"""What a refund comes to, before anything is written: the same for a preview and for the refund itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from agent.counter.answers import MemberView
from agent.counter.asks import RefundAsk
from agent.counter.bench import Bench
from agent.counter.giving_back.slip_codes import read_code
from agent.counter.giving_back.sold import Elsewhere, own_sale, sale_elsewhere
from agent.counter.spending.vouchers import Guesses
from agent.errors import InvalidError, Said, UnknownError
from agent.journal.entry import VOUCHERS_PREFIX, Posting
from agent.journal.wire.asking import SaleTold
from agent.ledger.kept.codes import voucher_left
from agent.loyalty.lots import booked
from agent.loyalty.reversal import RecordedSale, Reversal, reverse, without_receipt
from agent.loyalty.reversal.elsewhere import provisional
from agent.loyalty.reversal.meanwhile import Shortfall, settled
from agent.loyalty.sale import Line, Moment, Reason
from agent.loyalty.spending.credit import credited
from agent.loyalty.spending.vouchers import renewed


@dataclass(frozen=True, slots=True)
class Returned:
    """One sale's part of a refund; `till` is that of a sale elsewhere."""

    sale: RecordedSale
    quantities: Mapping[int, int]
    reversal: Reversal
    till: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A refund worked out. `money` (minor units) is given back, `credited` of it as store credit; `account` is who is
    shown what became of his units; `loose` came back without a receipt, or, `provisional`, of the sale elsewhere that
    `slip` names by its tag and, if that is known, its entry.
    """

    at: datetime
    account: str | None
    parts: tuple[Returned, ...]
    loose: tuple[Line, ...]
    money: int
    credited: int
    reasons: tuple[Reason, ...]
    postings: tuple[Posting, ...]
    shortfalls: tuple[Shortfall, ...]
    slip: Mapping[str, str | None] | None
    provisional: bool


def outcome_of(bench: Bench, ask: RefundAsk, guesses: Guesses, told: SaleTold | None, *, lot: str) -> Outcome:
    """Work a refund out; `lot` is the id of the entry that will record it, `told` what headquarters says of the sale
    that the ask's slip names. Raises a RefusalError or a CodeError.
    """
    bench.check_card(ask.card, ask.account)
    at = bench.when(ask.refunded_at)
    account = None if ask.account is None else bench.holder(ask.account).account
    parts = tuple(_part(bench, sale, quantities) for sale, quantities in _by_sale(ask).items())
    moment = bench.moment(at)
    loose = bench.shelf.filled(ask.without_receipt, moment.day)
    code = None if ask.slip is None else read_code(bench, ask.slip, guesses)
    elsewhere = None if code is None or told is None else sale_elsewhere(bench, code, told, loose)
    if elsewhere is not None:
        parts, loose = (_part_elsewhere(elsewhere),), ()
    found: list[tuple[Reversal, tuple[Shortfall, ...]]]
    is_provisional = code is not None and elsewhere is None
    if code is not None and is_provisional:
        holder = None if account is None else bench.holder(account)
        found = [(provisional(bench.programme, code, holder, loose, moment), ())]
    else:
        reversals = [(part.sale.account, part.reversal) for part in parts]
        reversals.append((account, without_receipt(bench.programme, account, loose, moment, lot=lot)))
        found = [_settled(bench, ask, owner, own, moment) for owner, own in _by_account(reversals).items()]
    account = account or next((part.sale.account for part in parts if part.sale.account), None)
    money = sum(reversal.money for reversal, _ in found)
    reasons = _summed(reason for reversal, _ in found for reason in reversal.reasons)
    reversed_all = (posting for reversal, _ in found for posting in reversal.postings)
    postings = tuple(renewed(bench.programme, reversed_all, moment, lot=lot))
    if ask.to_credit is not None:
        postings += _credit(bench, ask.to_credit, account, money, moment, lot=lot)
        reasons += (Reason("credited", {"units": money, "unit": ask.to_credit}),)
    return Outcome(
        at=at,
        account=account,
        parts=parts,
        loose=loose,
        money=money,
        credited=money if ask.to_credit is not None else 0,
        reasons=reasons,
        postings=postings,
        shortfalls=tuple(shortfall for _, shortfalls in found for shortfall in shortfalls),
        slip=None if code is None else {"entry": code.entry if elsewhere is None else elsewhere.entry, "tag": code.tag},
        provisional=is_provisional,
    )


def view_after(bench: Bench, outcome: Outcome) -> MemberView | None:
    """Return the member as he will be."""
    if outcome.account is None:
        return None
    return bench.view(booked(bench.holder(outcome.account), outcome.postings), outcome.at, card=None)


def _by_sale(ask: RefundAsk) -> dict[str, dict[int, int]]:
    sales: dict[str, dict[int, int]] = {}
    for line in ask.lines:
        quantities = sales.setdefault(line.sale, {})
        quantities[line.index] = quantities.get(line.index, 0) + line.quantity
    return sales


def _part(bench: Bench, op: str, quantities: Mapping[int, int]) -> Returned:
    sale = own_sale(bench, op)
    return Returned(sale, quantities, reverse(sale, quantities))


def _part_elsewhere(found: Elsewhere) -> Returned:
    return Returned(found.sale, found.quantities, reverse(found.sale, found.quantities), found.till)


def _by_account(reversals: Iterable[tuple[str | None, Reversal]]) -> dict[str | None, Reversal]:
    """Put together what concerns one account: what one sale takes another may give back."""
    found: dict[str | None, Reversal] = {}
    for account, reversal in reversals:
        one = found.get(account, Reversal(0, (), ()))
        reasons, postings = (*one.reasons, *reversal.reasons), (*one.postings, *reversal.postings)
        found[account] = Reversal(one.money + reversal.money, reasons, postings)
    return found


def _settled(
    bench: Bench, ask: RefundAsk, account: str | None, reversal: Reversal, moment: Moment
) -> tuple[Reversal, tuple[Shortfall, ...]]:
    if account is None:
        return reversal, ()
    vouchers = _vouchers_left(bench, reversal.postings)
    return settled(bench.programme, bench.holder(account), reversal, moment, waive=ask.waive, vouchers=vouchers)


def _vouchers_left(bench: Bench, postings: Iterable[Posting]) -> dict[str, int]:
    """Return what is left of the vouchers that postings take, as far as this till knows."""
    left: dict[str, int] = {}
    for posting in postings:
        if posting.lot is not None and posting.account.startswith(VOUCHERS_PREFIX):
            shop = posting.account.removeprefix(VOUCHERS_PREFIX)
            known = voucher_left(bench.ledger, shop, posting.unit, posting.lot)
            if known is not None:
                left[posting.lot] = known
    return left


def _summed(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Add up what several sales of one refund say alike."""
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for reason in reasons:
        numbers = sums.setdefault((reason.code, str(reason.numbers["unit"])), {})
        for name, number in _counts(reason):
            numbers[name] = numbers.get(name, 0) + number
    return tuple(Reason(code, {**numbers, "unit": unit}) for (code, unit), numbers in sums.items())


def _counts(reason: Reason) -> Iterator[tuple[str, int]]:
    yield from ((name, number) for name, number in reason.numbers.items() if isinstance(number, int))


def _credit(
    bench: Bench, unit: str, account: str | None, money: int, moment: Moment, *, lot: str
) -> tuple[Posting, ...]:
    """Return the postings that give money as store credit; raises InvalidError or UnknownError."""
    known = bench.programme.money_unit(unit)
    if known is None:
        there = ", ".join(one.id for one in bench.programme.units if one.money) or "none"
        raise UnknownError(f"no unit of money {unit[:40]!r} in the programme (there are: {there})")
    if account is None:
        raise InvalidError(
            "store credit is given to an account, and no card was shown",
            said=Said("credit_card"),
            hint="read a card first",
        )
    return credited(known, account, money, moment, lot=lot) if money else ()
