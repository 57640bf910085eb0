"""Two tills of one shop and one of another through a real headquarters: whose codes count where, and when."""

from pathlib import Path

import pytest
from sqlalchemy import select

from agent.errors import ForgedCodeError, NotAllowedError
from agent.ledger.kept.codes import shop_keys, till_key
from hq.books.totals import books
from hq.tables import lot
from tests.hq.headquarters import opened
from tests.sync.chain import PROGRAMME_OF_CHAIN, all_hear, issued, spend
from tests.sync.halves import Till


def test_a_qr_code_counts_at_every_till_before_anybody_has_heard_of_the_voucher(tills: tuple[Till, ...]) -> None:
    one, two, away = tills

    assert [spend(till, issued(one).qr) for till in (one, two, away)] == [500, 500, 500]


def test_a_typed_code_counts_in_its_shop_up_to_its_limit_and_in_full_once_heard_of(
    tills: tuple[Till, ...], chain: tuple[Path, str]
) -> None:
    one, two, _ = tills
    first, second = issued(one), issued(one)

    with pytest.raises(NotAllowedError, match="typed, it is worth 200 at most"):
        spend(two, first.typed)
    assert spend(two, first.typed, 200) == 200
    all_hear(chain[0], one, two)

    assert spend(two, second.typed) == 500


def test_a_typed_code_counts_in_another_shop_once_headquarters_told_of_it(
    tills: tuple[Till, ...], chain: tuple[Path, str]
) -> None:
    one, _, away = tills
    voucher = issued(one)

    with pytest.raises(ForgedCodeError, match="this shop has issued no voucher") as caught:
        spend(away, voucher.typed)
    assert caught.value.hint == "scan the QR code"
    all_hear(chain[0], one, away)

    assert spend(away, voucher.typed) == 500


@pytest.mark.parametrize("form", ["qr", "typed"])
def test_what_was_spent_at_one_till_is_refused_at_the_others_once_heard_of(
    tills: tuple[Till, ...], chain: tuple[Path, str], form: str
) -> None:
    one, two, away = tills
    code = getattr(issued(one), form)
    all_hear(chain[0], one, two, away)
    spend(away, code)

    all_hear(chain[0], away, one, two)

    for till in (one, two, away):
        with pytest.raises(NotAllowedError, match="was spent or taken back already"):
            spend(till, code)


def test_B3_a_serial_that_two_tills_took_while_cut_off_counts_once_and_the_loss_is_in_the_books(
    tills: tuple[Till, ...], chain: tuple[Path, str]
) -> None:
    one, two, away = tills
    voucher = issued(one)
    spend(two, voucher.qr)
    spend(away, voucher.qr)

    all_hear(chain[0], two, one, away)

    with opened(chain[0]) as database, database.read() as conn:
        assert conn.execute(select(lot.c.amount).where(lot.c.lot == voucher.typed[:11])).scalar_one() == -1
        assert books(conn).balanced


def test_the_tills_of_a_shop_make_codes_by_one_key_and_those_of_another_have_it_not(tills: tuple[Till, ...]) -> None:
    one, two, away = (shop_keys(till.ledger) for till in tills)

    assert one == two
    assert not set(one) & set(away)


def test_what_a_till_gave_out_before_it_was_enrolled_counts_still(
    tills: tuple[Till, ...], tmp_path: Path, chain: tuple[Path, str]
) -> None:
    _, two, away = tills
    hq, address = chain
    with Till(tmp_path, f"{two.series}-late", address, series=two.series + 1000) as till:
        till.counter.use(PROGRAMME_OF_CHAIN)
        vouchers = [issued(till) for _ in range(4)]
        before = till_key(till.ledger).private_bytes_raw(), shop_keys(till.ledger)
        till.enrol(hq)
        all_hear(chain[0], till, two, away)

        assert till_key(till.ledger).private_bytes_raw() == before[0]
        assert shop_keys(till.ledger) == (*shop_keys(two.ledger), *before[1])
        assert spend(till, vouchers[0].typed) == 500  # by the key that only this till has
        with pytest.raises(ForgedCodeError):
            spend(two, vouchers[1].typed)
        assert [spend(at, voucher.qr) for at, voucher in zip((till, two, away), vouchers[1:], strict=True)] == [500] * 3
        assert spend(two, issued(till).typed, 200) == 200
