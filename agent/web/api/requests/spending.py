"""What a redemption is sent."""

from __future__ import annotations

from pydantic import model_validator

from agent.counter import RedeemAsk, VoucherAsk
from agent.web.api.fields import Code, Money, Op, Pin, Units, Word
from agent.web.api.requests.form import Form


class RedemptionBody(Form):
    """A redemption: of an account, `units` of a reward that may be had in part, or the `value` of what it gives.

    Or a voucher by its `code`, typed or scanned; `value` if it is to be worth less, or is a percentage. Of a member who
    was looked up, his `pin` or the proof on his last `slip` is sent, where `proofs` asks for it.
    """

    op: Op
    account: Word | None = None
    reward: Word | None = None
    code: Code | None = None
    card: Word | None = None
    units: Units | None = None
    value: Money | None = None
    staff: Word | None = None
    pin: Pin | None = None
    slip: Word | None = None

    @model_validator(mode="after")
    def _reward_or_code(self) -> RedemptionBody:
        if (self.code is None) == (self.account is None) or (self.account is None) != (self.reward is None):
            raise ValueError("must have either account and reward, or code")
        if self.code is not None and {self.card, self.units, self.pin, self.slip} != {None}:
            raise ValueError("must have nothing but op, code, value and staff when it spends a voucher")
        return self

    def ask(self) -> RedeemAsk | VoucherAsk:
        """Return what the counter is asked."""
        if self.code is not None:
            return VoucherAsk(self.op, self.code, self.value, self.staff)
        assert self.account is not None
        assert self.reward is not None
        return RedeemAsk(
            self.op,
            self.account,
            self.reward,
            self.card,
            self.units,
            self.value,
            self.staff,
            pin=self.pin,
            slip=self.slip,
        )
