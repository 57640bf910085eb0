"""Supervision: what a cashier may not do alone."""

from __future__ import annotations

from dataclasses import dataclass

from agent.loyalty.programme.table import UNITS_MAX, Table

_MINUTES_MAX = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Supervision:
    """What needs a supervisor's PIN; without [supervision] nothing but goodwill does.

    `sign_in`: whoever works at the screen signs in first. `refund_above`: money (minor units) that a cashier may give
    back at once, None: any. `void_minutes`: how long after a sale its cashier may void it, None: for ever.
    `replace_card`: replacing a card needs one. `move_sale`: so does moving a sale to another member.
    `goodwill_most`: how many units a supervisor may give at once, 0: none.
    """

    sign_in: bool = False
    refund_above: int | None = None
    void_minutes: int | None = None
    replace_card: bool = False
    move_sale: bool = False
    goodwill_most: int = 0


def read_supervision(table: Table) -> Supervision:
    """Read [supervision]."""
    supervision = Supervision(
        sign_in=table.flag("sign_in", default=False),
        refund_above=table.money("refund_above") if "refund_above" in table else None,
        void_minutes=table.whole("void_minutes", 0, _MINUTES_MAX) if "void_minutes" in table else None,
        replace_card=table.flag("replace_card", default=False),
        move_sale=table.flag("move_sale", default=False),
        goodwill_most=table.whole("goodwill_most", 0, UNITS_MAX, 0),
    )
    table.done()
    return supervision
