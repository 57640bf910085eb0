from tests.loyalty.lint.looking import SPENT, found, looked, rows

GAME = '[[games]]\nid = "wheel"\nlabel = "Wheel"\nodds = 25\n'
PRIZE = '[[games.prizes]]\nid = "first"\nlabel = "First"\n'
POINTS_PRIZE = PRIZE + 'unit = "points"\nunits = 100\n'
VOUCHER = '[[vouchers]]\nid = "five"\nlabel = "Five"\nvalue = "5.00"\n'


def test_odds_below_one_in_four_are_a_warning_whatever_the_programmes_own_floor() -> None:
    rare = GAME.replace("25", "24")

    assert rows(found("game", SPENT, rare, POINTS_PRIZE, top="odds_min = 10\n")) == [("warning", "wheel")]
    assert found("game", SPENT, GAME, POINTS_PRIZE, top="odds_min = 10\n") == []


def test_vouchers_without_a_budget_or_a_stock_are_a_warning() -> None:
    won = PRIZE + 'voucher = "five"\n'

    assert rows(found("game", SPENT, VOUCHER, GAME, won)) == [("warning", "wheel")]
    assert found("game", SPENT, VOUCHER, GAME, won, "stock = 10\n") == []


def test_a_budget_that_counts_a_prize_too_low_is_a_warning() -> None:
    budget = GAME + 'budget_a_day = "50.00"\n'

    assert rows(found("game", SPENT, budget, POINTS_PRIZE, 'cost = "0.99"\n')) == [("warning", "wheel")]
    assert found("game", SPENT, budget, POINTS_PRIZE, 'cost = "1.00"\n') == []


def test_a_draw_and_its_dearest_prize_are_stated() -> None:
    texts = [finding.text for finding in looked(SPENT, GAME, POINTS_PRIZE) if finding.severity == "note"]

    assert any("1.00 EUR a draw of 'wheel'" in text for text in texts)
    assert "a basket split into more sales gains draws, 1 a day at most" in texts
