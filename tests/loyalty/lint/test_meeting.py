from fractions import Fraction
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from agent.loyalty.lint.meeting import Part, apart, most_together, share_lines
from agent.loyalty.programme.conditions import Scope, When
from agent.loyalty.sale import Line

_names = st.frozensets(st.sampled_from("ab"), max_size=2)
_scopes = st.builds(Scope, _names, _names, _names, _names, _names, _names)
_lines = [Line(article, 1000, 0, category, 0, brand) for article in "abc" for category in "abc" for brand in "abc"]
_whens = st.builds(
    When,
    weekdays=st.sampled_from([(), ("mon",), ("tue",), ("mon", "tue")]),
    hours=st.sampled_from([None, ("08:00", "12:00"), ("12:00", "18:00"), ("22:00", "09:00")]),
    tiers=st.sampled_from([(), ("gold",), ("silver",)]),
)
_parts = st.lists(st.builds(Part, st.integers(1, 9).map(Fraction), st.just(Scope()), _whens), max_size=6)


@given(_scopes, _scopes)
def test_two_scopes_share_lines_if_and_only_if_there_is_a_line_that_both_count(one: Scope, other: Scope) -> None:
    assert share_lines(one, other) == any(one.counts(line) and other.counts(line) for line in _lines)


@given(_parts)
def test_the_most_is_that_of_the_best_parts_of_which_no_two_exclude_each_other(parts: list[Part]) -> None:
    together = [
        chosen
        for size in range(len(parts) + 1)
        for chosen in combinations(parts, size)
        if all(apart(one.when, other.when) is None for one, other in combinations(chosen, 2))
    ]

    assert most_together(parts) == max(sum((part.amount for part in chosen), Fraction(0)) for chosen in together)


def test_hours_that_pass_midnight_meet_the_morning() -> None:
    night, morning = When(hours=("22:00", "02:00")), When(hours=("01:59", "08:00"))

    assert apart(night, morning) is None
    assert apart(night, When(hours=("02:00", "08:00"))) == "hours"
