"""Names: what rules name and the shop's articles do not have."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from agent.loyalty.lint.finding import Finding, Inspection, Scoped

_EXCLUDE = ("exclude", "exclude_brands", "exclude_articles")


def naming(look: Inspection) -> Iterator[Finding]:
    """Find articles, categories and brands that are not in articles.csv; nothing without it."""
    if look.articles is None:
        return
    rows = look.articles.rows
    numbers = frozenset(look.articles.by_number)
    known = {
        "categories": frozenset(row.category for row in rows if row.category is not None),
        "brands": frozenset(row.brand for row in rows if row.brand is not None),
        "articles": numbers,
    }
    scoped: list[Scoped] = [*look.rules, *look.programme.gift_cards]
    for rule in scoped:
        yield from _unknown(look, rule, known)
    for membership in look.programme.memberships:
        if membership.article not in numbers:
            text = f"article {membership.article!r} is not in the table of articles" + _near(
                membership.article, numbers
            )
            yield look.error(membership.id, text, "name an article that is sold", key="article")


def _unknown(look: Inspection, rule: Scoped, known: dict[str, frozenset[str]]) -> Iterator[Finding]:
    scope = rule.scope
    named = {"categories": scope.categories, "brands": scope.brands, "articles": scope.articles}
    for key, names in named.items():
        for name in sorted(names - known[key]):
            text = f"{key} names {name!r}, which is not in the table of articles" + _near(name, known[key])
            yield look.error(rule.id, text, "name what is sold", key=key)
    excluded = (scope.exclude, scope.exclude_brands, scope.exclude_articles)
    for key, names, there in zip(_EXCLUDE, excluded, known.values(), strict=True):
        for name in sorted(names - there):
            if near := _near(name, there):  # what is not sold may well be excluded; a slip of the pen hardly
                text = f"{key} names {name!r}, which is not in the table of articles{near}"
                yield look.warning(rule.id, text, "name what is sold, or take it out", key=key)


def _near(name: str, known: frozenset[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
