import pytest

from tests.cli.said import tally
from tests.ledger.tills import tamper
from tests.till_files import TillFiles


def test_sales_are_listed_the_newest_first_with_their_money(shop: TillFiles) -> None:
    rows = tally("sale", "list", "-c", shop.config, "--json").json

    assert [(row["op"], row["kind"], row["money"]) for row in rows] == [
        ("S-3", "sale", 4_00),
        ("F-1", "refund", -60_00),
        ("S-2", "sale", 3_50 - 20),
        ("R-2", "redemption", 0),
        ("U-1", "redemption_undone", 0),
        ("R-1", "redemption", 0),
        ("S-1", "sale", 123_50),
    ]
    assert {row["by"] for row in rows} == {"checkout"}


def test_so_many_are_listed_as_were_asked_for(shop: TillFiles) -> None:
    rows = tally("sale", "list", "--last", 2, "-c", shop.config, "--json").json

    assert [row["op"] for row in rows] == ["S-3", "F-1"]


def test_the_list_is_a_table_for_people(shop: TillFiles) -> None:
    head, *rows = tally("sale", "list", "-c", shop.config).out.splitlines()

    assert head.split() == ["op", "kind", "day", "account", "money", "by", "seq"]
    assert len(rows) == 7
    assert rows[0].split()[3] == "-"  # nobody's card was read


def test_a_sale_is_shown_with_a_reason_for_every_effect(shop: TillFiles) -> None:
    said = tally("sale", "show", "S-1", "-c", shop.config).out

    assert "2 x mug" in said
    assert "Points for" in said
    assert "+123" in said


def test_a_refund_and_a_redemption_are_shown_too(shop: TillFiles) -> None:
    refund = tally("sale", "show", "F-1", "-c", shop.config).out
    redemption = tally("sale", "show", "R-2", "-c", shop.config).out

    assert "1 x mug" in refund
    assert "£5.00 off: 20 points" in redemption


@pytest.mark.parametrize("op", ["S-1", "R-1", "U-1", "F-1"])
def test_in_json_it_is_the_whole_entry(shop: TillFiles, op: str) -> None:
    shown = tally("sale", "show", op, "-c", shop.config, "--json").json

    assert shown["entry"]["op"] == op
    assert len(bytes.fromhex(shown["hash"])) == 32


def test_an_op_that_recorded_nothing_is_refused(shop: TillFiles) -> None:
    assert tally("sale", "show", "S-9", "-c", shop.config).refusal == "nothing was recorded under 'S-9' on this till"


def test_a_damaged_ledger_lists_nothing(shop: TillFiles) -> None:
    tamper(shop.ledger, "UPDATE entry SET bytes = x'00' WHERE op = 'S-1'")

    assert "ledger 'ledger.db'" in tally("sale", "list", "-c", shop.config).refusal
