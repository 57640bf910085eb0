import pytest

from tests.loyalty.lint.looking import SPENT, found, rows


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ("[radar]\nburst = 0\nsame_staff = 0\n", "radar"),
        ("[radar]\nshare = 49\n", "radar"),
        ('[supervision]\nrefund_above = "50.00"\n', "supervision"),
        ("[supervision]\nvoid_minutes = 10\n", "supervision"),
    ],
)
def test_limits_that_notice_nobody_everybody_or_name_nobody_are_warnings(settings: str, rule: str) -> None:
    assert rows(found("watching", SPENT, settings)) == [("warning", rule)]


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "[radar]\nburst = 0\nshare = 50\n",
        "[radar]\nsame_staff = 0\nshare = 1\n",
        "[supervision]\nsign_in = true\nvoid_minutes = 10\n",
    ],
)
def test_what_watches_somebody_is_fine(settings: str) -> None:
    assert found("watching", SPENT, settings) == []
