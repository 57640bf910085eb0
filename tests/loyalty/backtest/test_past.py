from agent.loyalty.articles import read_articles
from agent.loyalty.backtest.past import Goods, goods_of, sum_of
from agent.loyalty.sale import Line
from tests.loyalty.backtest.pasts import bought, past, returned

ARTICLES = read_articles(b"sku,cost,to\nmilk,0.4025,2024-06-30\nbread,,\n")
MILK, BREAD, SOAP = Line("milk", 2000, 160), Line("bread", 1000, 250), Line("soap", 1000, 300)


def test_goods_are_summed_with_the_cost_of_those_whose_cost_is_known() -> None:
    goods = goods_of(past(bought("a", "2024-05-01", MILK, BREAD, SOAP)), ARTICLES, exponent=2)

    assert goods == Goods(sales=1, lines=3, turnover=710, costed=160, cost=80, unknown=1)


def test_costs_are_those_of_the_day_of_the_sale() -> None:
    assert goods_of(past(bought("a", "2024-07-01", MILK)), ARTICLES, exponent=2).unknown == 1


def test_costs_are_rounded_once_not_with_every_line() -> None:
    goods = goods_of(past(bought("a", "2024-05-01", *[Line("milk", 1000, 80)] * 4)), ARTICLES, exponent=2)

    assert goods.cost == 161


def test_what_comes_back_is_taken_off_the_turnover() -> None:
    sold = bought("a", "2024-05-01", BREAD)

    assert goods_of(past(sold, returned("r", "2024-05-02", ("a", 0, 1000), amount=250)), None, exponent=2).turnover == 0


def test_parts_add_up_to_the_whole() -> None:
    sales = [bought(str(n), "2024-05-01", MILK, SOAP) for n in range(5)]

    parts = sum_of(goods_of(past(sale), ARTICLES, exponent=2) for sale in sales)

    assert parts.turnover == goods_of(past(*sales), ARTICLES, exponent=2).turnover
    assert parts.lines == 10
