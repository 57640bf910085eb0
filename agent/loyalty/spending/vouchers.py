"""Vouchers: issued with a sale or for units, each a lot of its own under its serial, spent by whoever bears it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from agent.errors import InvalidError, NotAllowedError, Said
from agent.journal.codes import Serial, kind_tag, shop_tag
from agent.journal.entry import ISSUANCE, REDEEMED, VOUCHERS_PREFIX, Posting
from agent.loyalty.judging.case import Case
from agent.loyalty.judging.limits import off_calendar, unmet
from agent.loyalty.programme.rules.rewarding import Gives
from agent.loyalty.programme.rules.vouchers import Reach, Voucher
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Effect, Measure, Missed, Moment, Reason, Status
from agent.loyalty.spending.redeeming import Redemption


def issued(case: Case) -> Iterator[Effect | Missed]:
    """Give the vouchers that come with this sale; what units paid for does not count towards one."""
    for kind in case.programme.vouchers:
        if kind.issue is None:
            continue
        counted = case.counted(kind.issue.scope)
        cost = case.paid(case.cost(counted))
        missing = unmet(case, kind.issue.when, cost=cost, pieces=case.pieces(counted))
        if missing is None and not counted:
            missing = Reason("no_such_article")
        if missing is None and case.holder.status is not Status.REGULAR:
            missing = Reason("only_registered")
        if missing is not None:
            yield Missed(kind.id, missing)
            continue
        yield voucher_of(kind, case.moment, lot=case.lot, rule=kind.id, lines=counted)


def voucher_of(kind: Voucher, moment: Moment, *, lot: str, rule: str, lines: tuple[int, ...]) -> Effect:
    """Return the effect by which a rule gives a voucher; it is good for as long as anything of these lines is kept."""
    serial = new_serial(kind, moment, lot=lot)
    reason = Reason("voucher_issued", {"label": kind.label})
    into, account = str(serial), VOUCHERS_PREFIX + shop_tag(moment.shop)
    return Effect(rule, kind.id, 1, into, lines, Measure.SALE, reason, serial.last_day, account)


def new_serial(kind: Voucher, moment: Moment, *, lot: str) -> Serial:
    """Return the serial of a voucher that the entry with this id issues: the same entry never makes another."""
    last_day = kind.expires.after(moment.day) if kind.expires is not None and moment.confirmed else None
    number = hashlib.sha256(f"{lot}/{kind.id}".encode()).digest()[:4]
    return Serial(kind_tag(kind.id), last_day, int.from_bytes(number))


def issue(kind: Voucher, moment: Moment, *, lot: str) -> tuple[Posting, ...]:
    """Return the postings that issue a voucher in the shop of a moment."""
    serial = new_serial(kind, moment, lot=lot)
    own = Posting(kind.id, VOUCHERS_PREFIX + shop_tag(moment.shop), 1, str(serial), serial.last_day)
    return (Posting(kind.id, ISSUANCE, -1), own)


def kind_of(programme: Programme, serial: Serial) -> Voucher:
    """Return the kind that a serial names; raises NotAllowedError if the programme has it no more."""
    for kind in programme.vouchers:
        if kind_tag(kind.id) == serial.kind:
            return kind
    raise NotAllowedError(
        f"programme {programme.name!r} has no voucher of this kind",
        said=Said("voucher_unknown"),
        hint="it is of another programme",
    )


def spend(kind: Voucher, serial: Serial, shop: str, moment: Moment, *, value: int | None) -> Redemption:
    """Work out what a voucher is worth, issued in the shop with the tag `shop`.

    `value` is what it is to be worth on this sale: less than all of it, or what a percentage comes to. Raises
    NotAllowedError when it does not count here or today, and InvalidError for a value it does not have.
    """
    reward = kind.reward
    if kind.reach is Reach.SHOP and shop != shop_tag(moment.shop):
        raise NotAllowedError(
            f"voucher {kind.id!r} counts in the shop that issued it, and this is another", said=Said("voucher_shop")
        )
    if moment.confirmed and serial.last_day is not None and moment.day > serial.last_day:
        raise NotAllowedError(
            f"voucher {kind.id!r} counted until {serial.last_day}, today is {moment.day}",
            said=Said("voucher_over", {"until": serial.last_day}),
        )
    missing = off_calendar(moment, kind.when)
    if missing is not None:
        raise NotAllowedError(
            f"voucher {kind.id!r} does not count now: {missing.code}", said=Said(missing.code, missing.numbers)
        )
    if value is None and reward.gives is Gives.MONEY:
        value = reward.value
    if value is None or not 1 <= value <= reward.value:
        raise InvalidError(f"voucher {kind.id!r} is worth 1 to {reward.value}: say what as value, not {value}")
    own = Posting(kind.id, VOUCHERS_PREFIX + shop, -1, str(serial), serial.last_day)
    postings = (own, Posting(kind.id, REDEEMED, 1))
    return Redemption(kind.id, kind.label, kind.id, 1, value, free=False, postings=postings)


def renewed(programme: Programme, postings: Iterable[Posting], moment: Moment, *, lot: str) -> Iterator[Posting]:
    """Yield a refund's postings with a new voucher for every one that was spent and comes back.

    A serial that was read at a till once is never good again; the new one lasts as long as a voucher issued now.
    """
    kinds = {kind.id: kind for kind in programme.vouchers}
    for number, posting in enumerate(postings):
        kind = kinds.get(posting.unit)
        if kind is None or posting.amount < 0 or not posting.account.startswith(VOUCHERS_PREFIX):
            yield posting
        else:
            yield from issue(kind, moment, lot=f"{lot}/{number}")[1:]
