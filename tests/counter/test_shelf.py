from functools import partial
from pathlib import Path

from agent.counter import Counter, RefundAsk, RefundLine, SaleAsk
from agent.counter.shelf import Shelf
from agent.devices.gs1.numbers import TEMPLATES, Country, goods_on_label
from agent.loyalty.articles import read_articles
from agent.loyalty.sale import UNKNOWN, Line
from tests.counter.shops import BY, Shop, open_shop, shop_programme

ARTICLES = read_articles(b"sku,category,brand\nflat white,coffee,Bean\nvoucher,gift-card,\n")


def stocked(shop: Shop) -> Counter:
    """The shop's counter with a table of articles."""
    return Counter(shop.ledger, shop_programme(), recorded=lambda: None, articles=ARTICLES)


def test_a_sale_is_judged_and_recorded_by_what_the_table_says(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=shop_programme()) as shop:
        account = shop.member().account
        counter = stocked(shop)
        lines = (Line("flat white", 1000, 300), Line("voucher", 1000, 5000))

        answer = counter.sell(SaleAsk("S", lines, account), by=BY)

        recorded = shop.ledger.find("S")
    earned = {effect.reason.code: effect.amount for effect in answer.effects}
    assert (earned["points_for_amount"], earned["punches"]) == (3, 1)
    assert recorded is not None
    assert [(line["category"], line["brand"]) for line in recorded.entry.body["lines"]] == [
        ("coffee", "Bean"),
        ("gift-card", None),
    ]


def test_a_repeated_sale_is_the_same_sale_although_the_table_has_changed(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=shop_programme()) as shop:
        ask = SaleAsk("S", (Line("flat white", 1000, 300),), shop.member().account)
        shop.counter.sell(ask, by=BY)

        assert stocked(shop).sell(ask, by=BY).repeated


def test_a_price_label_is_sold_and_taken_back_as_the_goods_that_it_names(tmp_path: Path) -> None:
    cheese = read_articles(b"sku,eans,category\ncheese,2212340000000,dairy\n")
    on_label = partial(goods_on_label, templates=TEMPLATES[Country.DE])
    with open_shop(tmp_path, programme=shop_programme()) as shop:
        counter = Counter(
            shop.ledger, shop_programme(), recorded=lambda: None, articles=cheese, goods_on_label=on_label
        )
        lines = (Line("2212348004994", 1000, 499), Line("2212347012501", 1000, 1250), Line("cheese", 1000, 300))

        counter.sell(SaleAsk("S", lines), by=BY)
        back = counter.refund(RefundAsk("F", (RefundLine("S", 1, 1000),)), by=BY)

        recorded = shop.ledger.find("S")
    assert recorded is not None
    assert [(line["article"], line["category"]) for line in recorded.entry.body["lines"]] == [
        ("2212340000000", "dairy"),
        ("2212340000000", "dairy"),
        ("cheese", "dairy"),
    ]
    assert back.money == 1250
    assert counter.shelf.to_map()["unknown_lines"] == 0


def test_a_label_whose_goods_the_table_does_not_have_is_sold_as_it_was_named() -> None:
    shelf = Shelf(ARTICLES, goods_on_label=partial(goods_on_label, templates=TEMPLATES[Country.DE]))

    (line,) = shelf.filled([Line("2212348004994", 1000, 499)], "2026-11-22")

    assert (line.article, line.category) == ("2212348004994", UNKNOWN)


def test_goods_without_a_receipt_are_known_by_the_table_too(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=shop_programme()) as shop:
        account = shop.member().account

        answer = stocked(shop).refund(RefundAsk("F", (), (Line("voucher", 1000, 5000),), account), by=BY)

    assert answer.money == 5000
    assert answer.reasons == ()


def test_unknown_articles_that_were_sold_are_counted_and_named_the_most_frequent_first(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=shop_programme()) as shop:
        counter = stocked(shop)
        counter.preview(SaleAsk("P", (Line("tea", 1000, 300),)))
        counter.sell(SaleAsk("S-1", (Line("soap", 1000, 300), Line("flat white", 1000, 300))), by=BY)
        counter.sell(SaleAsk("S-2", (Line("soap", 1000, 300), Line("tea", 1000, 300))), by=BY)

        shown = counter.shelf.to_map()

    assert (shown["articles"], shown["version"]) == (2, ARTICLES.version)
    assert (shown["unknown_lines"], shown["unknown"]) == (3, ["soap", "tea"])


def test_a_till_without_a_table_changes_and_counts_nothing() -> None:
    shelf, line = Shelf(), Line("soap", 1000, 300, UNKNOWN)

    shelf.sold([line])

    assert shelf.filled([line], "2024-05-01") == (line,)
    assert shelf.to_map() == {"version": None, "articles": 0, "unknown_lines": 0, "unknown": []}


def test_a_till_that_knows_none_of_its_articles_keeps_a_bounded_number_of_names() -> None:
    shelf = Shelf(ARTICLES)

    for n in range(3000):
        shelf.sold([Line(f"a{n}", 1000, 100, UNKNOWN)])

    assert shelf.to_map()["unknown_lines"] == 3000
    assert len(shelf._unknown) == 1000
