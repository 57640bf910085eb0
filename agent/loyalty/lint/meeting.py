"""Meeting: whether two rules can ever hold for the same sale, and whether one can hold at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from agent.loyalty.programme.conditions import WEEKDAYS, Scope, When

_WEEK = len(WEEKDAYS)
_CHOICES_MAX = 10


def apart(one: When, other: When) -> str | None:
    """Return the condition by which two rules exclude each other; None if they may hold together."""
    if _over_before(one, other) or _over_before(other, one):
        return "from and until"
    if one.weekdays and other.weekdays and not set(one.weekdays) & set(other.weekdays):
        return "weekdays"
    if one.hours and other.hours and not _minutes(one.hours) & _minutes(other.hours):
        return "hours"
    if one.tiers and other.tiers and not set(one.tiers) & set(other.tiers):
        return "tiers"
    return None


def _over_before(one: When, other: When) -> bool:
    return one.last_day is not None and other.first_day is not None and one.last_day < other.first_day


def _minutes(hours: tuple[str, str]) -> set[int]:
    start, end = (int(time[:2]) * 60 + int(time[3:]) for time in hours)
    return set(range(start, end)) if start < end else {*range(start, 24 * 60), *range(end)}


def weekdays_within(when: When) -> bool:
    """Say whether one of its weekdays falls between its first and its last day."""
    if not (when.weekdays and when.first_day and when.last_day):
        return True
    first, last = date.fromisoformat(when.first_day), date.fromisoformat(when.last_day)
    days = min((last - first).days + 1, _WEEK)
    return any(WEEKDAYS[(first + timedelta(days=i)).weekday()] in when.weekdays for i in range(days))


def counts_something(scope: Scope) -> bool:
    """Say whether any line counts: not if all that is named is excluded as well."""
    return share_lines(scope, Scope())


def share_lines(one: Scope, other: Scope) -> bool:
    """Say whether there may be a line that both count."""
    left, right = _ways(one, other), _ways(other, one)
    if left is None or right is None:
        return any(left or right or (True,))
    kinds = range(len(left))
    return any(left[i] & right[j] if i == j else left[i] and right[j] for i in kinds for j in kinds)


def _ways(scope: Scope, other: Scope) -> tuple[frozenset[str], frozenset[str], frozenset[str]] | None:
    """Return the categories, brands and articles by which a line counts and which neither excludes; None: any line."""
    if not scope.names_lines:
        return None
    return (
        scope.categories - scope.exclude - other.exclude,
        scope.brands - scope.exclude_brands - other.exclude_brands,
        scope.articles - scope.exclude_articles - other.exclude_articles,
    )


class Part(NamedTuple):
    """What a rule gives, at most, to the lines of its scope under its conditions."""

    amount: Fraction
    scope: Scope
    when: When


def most_together(parts: Sequence[Part]) -> Fraction:
    """Return the most that parts come to in one sale, those left out that exclude each other.

    What comes out is reached, or (of very many that exclude each other crosswise) more than can be.
    """
    sums: dict[tuple[Scope, When], Fraction] = {}
    for part in parts:  # those with the same lines and conditions hold together
        sums[part.scope, part.when] = sums.get((part.scope, part.when), Fraction(0)) + part.amount
    parts = [Part(amount, scope, when) for (scope, when), amount in sums.items()]
    excluded = {
        i: frozenset(j for j, other in enumerate(parts) if i != j and not _meet(part, other))
        for i, part in enumerate(parts)
    }
    return _heaviest([part.amount for part in parts], excluded, frozenset(excluded), _CHOICES_MAX)


def _heaviest(
    amounts: Sequence[Fraction], excluded: Mapping[int, frozenset[int]], among: frozenset[int], choices: int
) -> Fraction:
    """Choose between a part and all that it excludes, until nothing is left to choose; after `choices`, take all."""
    torn = max(among, key=lambda i: (len(excluded[i] & among), -i), default=None)
    if torn is None or not choices or not excluded[torn] & among:
        return sum((amounts[i] for i in among), Fraction(0))
    rest = among - {torn}
    taken = amounts[torn] + _heaviest(amounts, excluded, rest - excluded[torn], choices - 1)
    return max(taken, _heaviest(amounts, excluded, rest, choices - 1))


def _meet(one: Part, other: Part) -> bool:
    return apart(one.when, other.when) is None and share_lines(one.scope, other.scope)
