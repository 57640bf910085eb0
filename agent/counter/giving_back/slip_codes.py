"""The code on a sale's slip, by which another till takes its goods back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial

from agent.counter.bench import Bench
from agent.counter.giving_back.sold import this_till
from agent.counter.spending.vouchers import Guesses
from agent.errors import ForgedCodeError
from agent.journal import codes
from agent.journal.codes import SaleCode
from agent.ledger.kept.codes import key_of, shop_keys, till_key
from agent.loyalty.programme import is_counter
from agent.loyalty.programme.policies import SlipCode
from agent.loyalty.sale import Effect
from agent.slips.facts import SlipReturns


def returns_of(bench: Bench, entry: str, *, due: int, effects: Iterable[Effect]) -> SlipReturns | None:
    """Return what the slip of a sale says for returns; None if the programme wants no code."""
    wanted = bench.programme.refunds.slip_code
    if wanted is SlipCode.NONE:
        return None
    earned = _earned(bench, effects)
    typed = codes.typed_sale_code(entry, next(iter(earned.values()), 0), shop_keys(bench.ledger)[0])
    qr = codes.long_sale_code(entry, due, earned, till_key(bench.ledger)) if wanted is SlipCode.QR else None
    return SlipReturns(typed, qr)


def _earned(bench: Bench, effects: Iterable[Effect]) -> dict[str, int]:
    """Return what a sale gave of the programme's units, that of the first earn rule first."""
    units = [rule.unit for rule in bench.programme.earn[:1]] + [unit.id for unit in bench.programme.units]
    sums: Counter[str] = Counter(dict.fromkeys(units, 0))
    for effect in effects:
        if effect.account is None and effect.unit in sums and not is_counter(effect.unit):
            sums[effect.unit] += effect.amount
    first = {unit: sums[unit] for unit in units[:1]}
    return first | {unit: units for unit, units in sums.items() if units}


def read_code(bench: Bench, text: str, guesses: Guesses) -> SaleCode:
    """Return what the code on a slip says; raises CodeError, and NotAllowedError for a slip of this very till."""
    now_ms = bench.ledger.clock.read().mono_ms
    guesses.check(now_ms)
    try:
        if codes.is_typed(text):
            return codes.read_typed_sale(text, shop_keys(bench.ledger))
        code = codes.read_long_sale(text, partial(key_of, bench.ledger))
    except ForgedCodeError:
        guesses.wrong(now_ms)
        raise
    if code.key == codes.key_tag(till_key(bench.ledger).public_key().public_bytes_raw()):
        raise this_till()
    return code
