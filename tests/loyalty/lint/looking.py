"""What the linter finds in programmes made for one check each."""

from __future__ import annotations

from agent.loyalty.articles import Articles
from agent.loyalty.lint.finding import Finding, Severity
from agent.loyalty.lint.linting import lint
from tests.loyalty.shops import EARN, HEAD, POINTS, UNIT

SPENT = POINTS + '[[rewards]]\nid = "money"\nlabel = "Off"\nunit = "points"\nunits = 100\nvalue = "1.00"\npart = true\n'
VISIT = UNIT + '[[earn]]\nid = "coming"\nunit = "points"\nby = "visit"\ngive = 5\n'

__all__ = ["EARN", "POINTS", "SPENT", "UNIT", "VISIT", "found", "looked", "rows"]


def looked(*parts: str, articles: Articles | None = None, top: str = "") -> tuple[Finding, ...]:
    """All findings in a programme of `top`, HEAD and the given tables; it must load."""
    findings = lint("".join((top, HEAD, *parts)).encode(), articles)
    assert not [finding for finding in findings if finding.check == "load"], findings
    return findings


def found(check: str, *parts: str, articles: Articles | None = None, top: str = "") -> list[Finding]:
    """The findings of one check, notes left out."""
    findings = looked(*parts, articles=articles, top=top)
    return [one for one in findings if one.check == check and one.severity is not Severity.NOTE]


def rows(findings: list[Finding]) -> list[tuple[str, str]]:
    """Each finding's severity and rule."""
    return [(str(finding.severity), finding.rule) for finding in findings]
