"""Vouchers at the counter: spending one by its code, and the codes of those that an entry issues."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import partial
from typing import Final

from agent.counter.answers import EntryRef, RedemptionAnswer, VoucherView
from agent.counter.asks import VoucherAsk
from agent.counter.bench import Bench
from agent.counter.slip_facts import slip_facts
from agent.counter.spending.apart import check_not_forked
from agent.errors import ForgedCodeError, NotAllowedError, Said
from agent.journal import codes
from agent.journal.codes import Serial
from agent.journal.entry import VOUCHERS_PREFIX, Posting
from agent.ledger.kept.codes import key_of, shop_keys, shop_of, till_key, voucher_left
from agent.ledger.records import Draft, Recorded
from agent.loyalty.programme.rules.vouchers import Voucher
from agent.loyalty.sale import Reason
from agent.loyalty.spending.vouchers import kind_of, spend

VOUCHER_SPENT: Final = "voucher_spent"  # the kind of entry
_GUESSES_MAX: Final = 10
_GUESSES_MS: Final = 10 * 60 * 1000


class Guesses:
    """How many wrong codes there were of late, on the till's monotone clock (ms)."""

    def __init__(self) -> None:
        self._wrong: deque[int] = deque(maxlen=_GUESSES_MAX)

    def check(self, now_ms: int) -> None:
        """Raise NotAllowedError while there were too many."""
        if len(self._wrong) == _GUESSES_MAX and now_ms - self._wrong[0] < _GUESSES_MS:
            minutes = _GUESSES_MS // 60_000
            raise NotAllowedError(
                f"{_GUESSES_MAX} wrong voucher codes in {minutes} minutes: none is taken for now",
                said=Said("code_guesses"),
                hint="sell without the voucher and call your supervisor",
            )

    def wrong(self, now_ms: int) -> None:
        """Note a code that no key has made."""
        self._wrong.append(now_ms)


def papers(bench: Bench, postings: Iterable[Posting]) -> tuple[VoucherView, ...]:
    """Return the vouchers that an entry with these postings issues, with their codes: the same ones every time."""
    return tuple(
        _paper(bench, posting)
        for posting in postings
        if posting.amount > 0 and posting.account.startswith(VOUCHERS_PREFIX)
    )


def _paper(bench: Bench, posting: Posting) -> VoucherView:
    assert posting.lot is not None
    serial, shop = Serial.read(posting.lot), posting.account.removeprefix(VOUCHERS_PREFIX)
    qr = codes.long_code(serial, shop, till_key(bench.ledger))
    typed = codes.typed_code(serial, shop_keys(bench.ledger)[0])
    return VoucherView(posting.unit, bench.programme.unit_label(posting.unit), qr, typed, posting.expires)


def spend_voucher(bench: Bench, ask: VoucherAsk, guesses: Guesses, *, by: str) -> RedemptionAnswer:
    """Take a voucher by its code; a sale names the redemption and is so much cheaper."""
    digest = ask.digest()
    before = bench.repeated(ask.op, VOUCHER_SPENT, digest, account=None)
    if before is not None:
        return _answer(before, repeated=True)
    check_not_forked(bench)
    serial, shop = _read(bench, ask.code, guesses)
    kind = kind_of(bench.programme, serial)
    at = bench.when(None)
    taken = spend(kind, serial, shop, bench.moment(at), value=ask.value)
    _check_unspent(bench, kind, serial, shop, taken.value, typed=codes.is_typed(ask.code))
    draft = Draft(
        id=bench.ledger.clock.new_id(),
        op=ask.op,
        ask=digest,
        kind=VOUCHER_SPENT,
        day=at.date().isoformat(),
        by=by,
        staff=ask.staff,
        body={
            "account": None,
            "card": None,
            "free": False,
            "label": taken.label,
            "reward": taken.reward,
            "serial": str(serial),
            "shop": shop,
            "unit": taken.unit,
            "units": taken.units,
            "value": taken.value,
        },
        programme=bench.programme.version,
        postings=taken.postings,
        slip=slip_facts(
            "redemption",
            op=ask.op,
            at=at.isoformat(timespec="minutes"),
            till=bench.ledger.till,
            programme=bench.programme,
            total=None,
            reasons=[Reason("voucher_spent", {"label": taken.label, "value": taken.value})],
            member=None,
        ),
    )
    return _answer(bench.ledger.append(draft), repeated=False)


def _answer(recorded: Recorded, *, repeated: bool) -> RedemptionAnswer:
    body = recorded.entry.body
    ref = EntryRef.of(recorded)
    named = body["reward"], body["label"], body["unit"], body["units"], body["value"]
    return RedemptionAnswer(ref, *named, None, (), repeated=repeated)


def _read(bench: Bench, code: str, guesses: Guesses) -> tuple[Serial, str]:
    """Return the serial of a code and the tag of the shop that issued it; CodeError or NotAllowedError."""
    now_ms = bench.ledger.clock.read().mono_ms
    guesses.check(now_ms)
    try:
        if codes.is_typed(code):
            return _read_typed(bench, code)
        return codes.read_long(code, partial(key_of, bench.ledger))
    except ForgedCodeError:
        guesses.wrong(now_ms)
        raise


def _read_typed(bench: Bench, code: str) -> tuple[Serial, str]:
    """Read a typed code by the keys of this shop; another shop's, once headquarters told of the voucher."""
    own_shop = codes.shop_tag(bench.moment(bench.when(None)).shop)
    try:
        return codes.read_typed(code, shop_keys(bench.ledger)), own_shop
    except ForgedCodeError:
        serial, check = codes.typed_check(code)
        shop = shop_of(bench.ledger, str(serial), check)
        if shop is None:
            raise
        return serial, shop


def _check_unspent(bench: Bench, kind: Voucher, serial: Serial, shop: str, value: int, *, typed: bool) -> None:
    left = voucher_left(bench.ledger, shop, kind.id, str(serial))
    if left is not None and left < 1:
        raise NotAllowedError(
            f"voucher {kind.id!r} with serial {serial} was spent or taken back already", said=Said("voucher_gone")
        )
    if left is None and typed and value > kind.typed_max:
        raise NotAllowedError(
            f"this till does not know serial {serial}: typed, it is worth {kind.typed_max} at most, not {value}",
            said=Said("voucher_scan"),
            hint="scan the QR code",
        )
