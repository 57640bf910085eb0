"""Cards whose chips prove themselves: a tap counts once at this till, whatever happens in between."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.counter import MemberView
from agent.errors import NotAllowedError, OutcomeUnknownError, UnknownError
from agent.loyalty.cards import Source
from tests.counter.shops import BY, Shop, open_shop
from tests.loyalty.shops import POINTS, programme

CHIPS = '[[cards]]\nprefix = "04"\nlength = 14\nsource = "chip"\n'
UID = "04A1B2C3D4E5F6"
OTHER = "04A1B2C3D4E5F7"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path, programme=programme(POINTS, CHIPS)) as opened:
        yield opened


def tap(shop: Shop, counter: int | None, uid: str = UID) -> MemberView:
    return shop.counter.identify(uid, Source.CHIP, by=BY, tap=counter)


@pytest.mark.parametrize("first", [0, 1, 61, 2**24 - 1])
def test_the_first_tap_of_a_card_counts_whatever_its_counter(shop: Shop, first: int) -> None:
    assert tap(shop, first).status == "provisional"


def test_each_tap_above_the_last_counts_and_writes_no_entry(shop: Shop) -> None:
    first = tap(shop, 5)
    before = shop.entries

    assert [tap(shop, counter) for counter in (6, 9, 255, 256, 65_536)] == [first] * 5
    assert shop.entries == before
    assert shop.woken == 1


@pytest.mark.parametrize("again", [256, 255, 1, 0])
def test_a_tap_that_is_not_above_the_last_is_refused_with_what_to_do(shop: Shop, again: int) -> None:
    tap(shop, 9)
    tap(shop, 256)

    with pytest.raises(NotAllowedError) as refused:
        tap(shop, again)

    assert str(refused.value) == f"tap {again} of this card is not above 256, the last one here"
    assert refused.value.hint == "tap the card itself again"
    assert tap(shop, 257).status == "provisional"


def test_cards_are_counted_each_for_itself(shop: Shop) -> None:
    tap(shop, 100)

    assert tap(shop, 3, OTHER).account != tap(shop, 101).account


def test_a_read_without_a_proof_is_neither_counted_nor_refused(shop: Shop) -> None:
    first = tap(shop, 5)

    assert tap(shop, None) == first
    with pytest.raises(NotAllowedError):
        tap(shop, 5)


def test_a_card_that_began_without_a_proof_counts_from_its_first(shop: Shop) -> None:
    first = tap(shop, None)

    assert tap(shop, 5) == first
    with pytest.raises(NotAllowedError):
        tap(shop, 5)


def test_a_tap_stays_refused_after_a_restart(tmp_path: Path) -> None:
    shop_programme = programme(POINTS, CHIPS)
    with open_shop(tmp_path, programme=shop_programme) as shop:
        tap(shop, 7)
        tap(shop, 3, OTHER)
        tap(shop, 4, OTHER)
    with open_shop(tmp_path, programme=shop_programme) as shop:
        for counter, uid in ((7, UID), (4, OTHER)):
            with pytest.raises(NotAllowedError):
                tap(shop, counter, uid)
            tap(shop, counter + 1, uid)


def test_a_card_out_of_the_ranges_leaves_no_tap(shop: Shop) -> None:
    with pytest.raises(UnknownError):
        tap(shop, 5, "05" + UID[2:])

    assert remembered(shop) == []


@pytest.mark.parametrize("reads_before", [0, 1])
def test_a_tap_that_was_not_written_down_has_not_happened(shop: Shop, reads_before: int) -> None:
    for _ in range(reads_before):
        tap(shop, None)
    with shop.ledger.write() as conn:
        conn.execute("CREATE TRIGGER full BEFORE INSERT ON state BEGIN SELECT RAISE(ABORT, 'full'); END")
    before = shop.entries
    with pytest.raises(OutcomeUnknownError):
        tap(shop, 5)
    with shop.ledger.write() as conn:
        conn.execute("DROP TRIGGER full")

    assert shop.entries == before  # neither the tap nor an account that begins with it
    assert tap(shop, 5).status == "provisional"


def test_no_file_of_the_till_names_the_chip(shop: Shop) -> None:
    tap(shop, 5)
    tap(shop, 6)
    folder = shop.ledger.path.parent
    files = [path.read_bytes().lower() for path in folder.iterdir()]

    assert [key.startswith("tap:") for key in remembered(shop)] == [True]
    assert [data for data in files if UID.lower().encode() in data or bytes.fromhex(UID) in data] == []


def remembered(shop: Shop) -> list[str]:
    with shop.ledger.reading() as conn:
        return [key for (key,) in conn.execute("SELECT key FROM state WHERE key LIKE 'tap%'")]
