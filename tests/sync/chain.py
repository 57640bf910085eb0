"""A headquarters of two shops, and what its tills give out and take."""

from __future__ import annotations

from pathlib import Path

from agent.counter import SaleAsk, VoucherAsk, VoucherView
from agent.loyalty.programme import load
from agent.loyalty.sale import Line
from hq.config import FILE_NAME
from tests.hq.headquarters import PROGRAMME, found, wait_for_books
from tests.sync.halves import Till

TERMS = (
    PROGRAMME.read_text().replace("[refunds]\n", '[refunds]\nslip_code = "qr"\n')
    + """

[[vouchers]]
id = "five"
label = "5.00 off"
value = "5.00"
typed_max = "2.00"
issue = { min_amount = "50.00", exclude = ["gift-card"] }
"""
)
PROGRAMME_OF_CHAIN = load(TERMS.encode())


def found_chain(folder: Path) -> Path:
    """Found a headquarters of two shops, `corner` and `harbour`."""
    hq = found(folder)
    (hq / PROGRAMME.name).write_text(TERMS)
    with (hq / FILE_NAME).open("a") as file:
        file.write(f'\n[[shops]]\nid = "harbour"\nprogramme = "{PROGRAMME.name}"\n')
    return hq


def all_hear(hq: Path, *tills: Till) -> None:
    """Let headquarters book what the tills have, and the tills hear of it."""
    for till in tills:
        till.meet()
    wait_for_books(hq)
    for till in tills:
        till.meet()


def issued(till: Till) -> VoucherView:
    """Sell for 50.00 to a new member, and return the voucher that came with it."""
    till.sales += 1
    account = till.enrol_member(till.sales, "Ada", f"020 {till.series:04} {till.sales:04}")
    answer = till.counter.sell(SaleAsk(f"buy-{till.sales}", (Line("mug", 1000, 5000),), account), by="pos")
    (voucher,) = answer.vouchers
    return voucher


def spend(till: Till, code: str, value: int | None = None) -> int:
    """Take a voucher, and return what it is worth."""
    till.sales += 1
    return till.counter.spend_voucher(VoucherAsk(f"spend-{till.sales}", code, value), by="pos").value
