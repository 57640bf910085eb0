from tests.loyalty.lint.looking import SPENT, UNIT, VISIT, found, looked, rows
from tests.loyalty.shops import COFFEE, GOLD

OFF = '[[discounts]]\nid = "off"\nlabel = "Off"\npercent = 20\n'
REWARD = '[[rewards]]\nid = "gift"\nlabel = "Gift"\nunit = "points"\nvalue = "5.00"\nunits = 10\n'


def stated(*parts: str) -> str:
    (finding,) = (one for one in looked(*parts) if one.check == "cost" and one.severity == "note")
    return finding.text


def test_the_bound_is_stated_with_its_parts() -> None:
    assert stated(SPENT) == "at worst 1.0 % of a sale (discounts 0.0 %, points and free articles 1.0 %)"
    assert stated(SPENT, GOLD).startswith("at worst 1.5 % of a sale")
    assert stated(SPENT, COFFEE).startswith("at worst 12.1 % of a sale")
    assert stated(SPENT, OFF).startswith("at worst 20.8 % of a sale")  # points count what is left to pay


def test_what_does_not_grow_with_the_price_is_stated_beside_it() -> None:
    assert stated(VISIT, REWARD).endswith(", and 2.50 EUR a visit by 'coming'")


def test_goods_that_exclude_each_other_do_not_add_up() -> None:
    punched = COFFEE.replace("punches = 9", "punches = 10")
    bean = '[[earn]]\nid = "tea"\nunit = "points"\ngive = 20\nper = "1.00"\ncategories = ["tea"]\n'

    assert stated(SPENT, bean, punched).startswith("at worst 21.0 %")


def test_a_sale_that_may_cost_nearly_a_third_is_a_warning() -> None:
    assert rows(found("cost", SPENT, OFF.replace("20", "30"))) == [("warning", "")]
    assert found("cost", SPENT, OFF.replace("20", "29")) == []


def test_a_sale_that_gives_back_all_it_takes_is_an_error() -> None:
    earn = '[[earn]]\nid = "all"\nunit = "points"\ngive = {give}\nper = "1.00"\n'
    reward = REWARD.replace("units = 10", "units = 500")

    assert rows(found("cost", UNIT, earn.format(give=100), reward)) == [("error", "")]
    assert rows(found("cost", UNIT, earn.format(give=99), reward)) == [("warning", "")]
