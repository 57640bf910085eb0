"""Linting: all checks over one programme file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from agent.errors import ProgrammeError
from agent.loyalty.articles import Articles
from agent.loyalty.lint.checks import cost, dead, gaming, loops, naming, splitting, stacking, standing, units, watching
from agent.loyalty.lint.finding import Finding, Inspection, Severity
from agent.loyalty.programme.positions import Positions, read_toml
from agent.loyalty.programme.whole import Programme, load

Check = Callable[[Inspection], Iterable[Finding]]

# Every check by its name; a new kind of rule adds its own here.
CHECKS: Final[Mapping[str, Check]] = {
    "dead-rule": dead.dead_rules,
    "dead-multiplier": dead.dead_multipliers,
    "dead-limit": dead.dead_limits,
    "dead-challenge": dead.dead_challenges,
    "dead-punch-card": dead.dead_punch_cards,
    "tiers": standing.tiers,
    "memberships": standing.memberships,
    "units": units.unspent_and_unearned,
    "expiry": units.expiry,
    "reach": units.reach,
    "steps": stacking.steps,
    "stacking": stacking.stacking,
    "loop": loops.loops,
    "game": gaming.gaming,
    "overlap": stacking.overlap,
    "cost": cost.cost,
    "splitting": splitting.splitting,
    "watching": watching.watching,
    "articles": naming.naming,
}


def lint(data: bytes, articles: Articles | None = None) -> tuple[Finding, ...]:
    """Return what is to be said of a programme file, by line. What cannot be loaded has that one finding.

    With the shop's `articles` the names in rules are looked up in them.
    """
    try:
        programme = load(data)
    except ProgrammeError as error:
        said = str(error).removeprefix(f"line {error.line}: ")
        return (Finding("load", Severity.ERROR, error.line or 1, "", said, "mend it: nothing else was looked at"),)
    return tuple(sorted(_found(data, programme, articles), key=lambda finding: (finding.line, finding.check)))


def _found(data: bytes, programme: Programme, articles: Articles | None) -> Iterator[Finding]:
    inspection = Inspection(programme, Positions.of(*read_toml(data)), articles)
    for name, check in CHECKS.items():
        for finding in check(inspection):
            yield replace(finding, check=name)


def load_linted(data: bytes) -> Programme:
    """Load a programme that may be published; raises ProgrammeError with the first error that the linter finds."""
    programme = load(data)
    errors = [finding for finding in _found(data, programme, None) if finding.severity is Severity.ERROR]
    if errors:
        first = min(errors, key=lambda finding: finding.line)
        rule = f"{first.rule!r}: " if first.rule else ""
        raise ProgrammeError(
            f"{rule}{first.text} ({first.check}; {len(errors)} such errors)",
            hint=f"{first.mend}; `tally programme lint FILE` tells the rest",
            line=first.line,
        )
    return programme
