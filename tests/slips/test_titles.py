"""What people call the rules of a programme."""

from agent.loyalty.explaining import rules_of
from agent.slips.texts import LANGUAGES, rule_title
from tests.loyalty.shops import COFFEE, GOLD, MONEY, POINTS, programme

SHOP = programme(POINTS, COFFEE, MONEY, GOLD)


def test_a_rule_is_called_by_its_label_and_one_without_by_what_it_gives() -> None:
    titles = {rule.id: rule_title(SHOP, rule.id, "en") for rule in rules_of(SHOP)}

    assert titles == {"earning": "More points", "coffee": "Coffee card", "gold": "Gold", "money": "5.00 off"}


def test_a_title_of_ours_is_in_the_language_that_is_asked_for() -> None:
    titles = {rule_title(SHOP, "earning", language) for language in LANGUAGES}

    assert len(titles) == len(LANGUAGES)
    assert all("points" in title.lower() and title[0].isupper() for title in titles)


def test_a_rule_that_the_programme_does_not_have_any_more_is_called_by_its_id() -> None:
    assert rule_title(SHOP, "last-years-rule", "fr") == "last-years-rule"
