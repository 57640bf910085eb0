"""Real ledgers, while they are open: without a card's number they are clean, with one anywhere they are not."""

from __future__ import annotations

import os
import random
import time
import uuid
from pathlib import Path

import pytest

from agent.counter import EnrolAsk, SaleAsk
from agent.ledger.kept import programmes
from agent.loyalty.cards import Check, check_digit
from agent.loyalty.sale import Line
from agent.upkeep.audit.search import Search
from tests.counter.shops import BY, Shop, open_shop
from tests.till_files import GENERAL_SHOP, card_number
from tests.upkeep.audit.writing import BRANDS, VISA


def article(chance: random.Random) -> str:
    digits = "".join(chance.choices("0123456789", k=chance.choice((7, 11, 12, 13))))
    return digits + check_digit(digits, Check.EAN)


def op(chance: random.Random) -> str:
    token = chance.randbytes(16)
    return chance.choice((str(uuid.UUID(bytes=token, version=4)), token.hex(), f"1-20260705-{token.hex()[:6]}"))


def fill(shop: Shop, chance: random.Random, sales: int) -> None:
    """Enrol members and record sales, with numbers of all kinds that are none of a payment card."""
    accounts = []
    for serial in range(max(sales // 10, 1)):
        ask = EnrolAsk(op(chance), name="Ana", phone=f"07700 9{serial:05}", card=card_number(serial))
        accounts.append(shop.counter.enrol(ask, by=BY).account)
    for _ in range(sales):
        lines = tuple(Line(article(chance), 1000, chance.randrange(10**5)) for _ in range(chance.randrange(1, 6)))
        shop.counter.sell(SaleAsk(op(chance), lines, chance.choice([None, *accounts])), by=BY)


def search_of(folder: Path) -> Search:
    search = Search(())
    search.search(folder)
    return search


def check_ledger(folder: Path, *, seed: int, sales: int) -> int:
    """Fill a ledger, search it, then hide a number in it; return how many bytes were searched."""
    folder.mkdir()
    with open_shop(folder, programme=None) as shop:
        shop.counter.use(programmes.adopt(shop.ledger, GENERAL_SHOP.read_bytes()))
        fill(shop, random.Random(seed), sales)
        clean = search_of(folder)
        shop.ledger.remember({"note": f'{{"text":"{VISA}"}}'.encode()})
        hidden = search_of(folder)
        shop.ledger.checkpoint()

    assert (clean.found, clean.unread) == ([], []), seed
    assert {Path(found.file).name for found in hidden.found} == {"ledger.db", "ledger.db-wal"}
    assert any(found.where.startswith("table state, ") for found in hidden.found)
    return clean.size


@pytest.mark.parametrize("seed", range(3))
def test_a_ledger_that_is_open_is_searched(tmp_path: Path, seed: int) -> None:
    assert check_ledger(tmp_path / "ledger", seed=seed, sales=30) > 50_000


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_very_many_ledgers_are_clean(tmp_path: Path) -> None:
    seed = int(os.environ.get("TALLYSTICK_SEED", time.time_ns()))
    print(f"TALLYSTICK_SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    for number in range(60):
        check_ledger(tmp_path / f"{number}", seed=seed + number, sales=400)


@pytest.mark.parametrize("number", BRANDS)
def test_a_number_that_is_an_op_is_found_though_bytes_of_all_kinds_lie_beside_it(tmp_path: Path, number: str) -> None:
    with open_shop(tmp_path, programme=None) as shop:
        shop.counter.use(programmes.adopt(shop.ledger, GENERAL_SHOP.read_bytes()))
        fill(shop, random.Random(4), 10)
        shop.counter.sell(SaleAsk(number, (Line("mug", 1000, 100),)), by=BY)  # the API would not have let it in

        found = search_of(tmp_path).found

    assert {one.brand for one in found if one.where.startswith("table entry, ")} == {BRANDS[number]}
