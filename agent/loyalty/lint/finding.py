"""What the linter says of a programme, and what its checks look at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from agent.loyalty.articles import Articles
from agent.loyalty.money import minor_digits
from agent.loyalty.programme.conditions import Scope, When
from agent.loyalty.programme.positions import Positions
from agent.loyalty.programme.whole import Programme


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"  # headquarters does not publish it
    WARNING = "warning"  # it is probably not meant
    NOTE = "note"  # it is as it is, and whoever signs the programme should know


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found at a line of the file, in which rule (its id; empty: the whole programme), and the mend."""

    check: str
    severity: Severity
    line: int
    rule: str
    text: str
    mend: str

    def told(self, file: str) -> str:
        """Return the finding as one line for people: `shop.toml:12: error: ...`."""
        rule = f"{self.rule!r}: " if self.rule else ""
        return f"{file}:{self.line}: {self.severity}: {rule}{self.text}; {self.mend} ({self.check})"


class Scoped(Protocol):
    """A rule that counts some lines."""

    @property
    def id(self) -> str: ...
    @property
    def scope(self) -> Scope: ...


class Rule(Scoped, Protocol):
    """A rule that counts some lines and holds at some times."""

    @property
    def when(self) -> When: ...


@dataclass(frozen=True, slots=True)
class _Ruled:
    """The sales that give a voucher: a part of its rule with a scope and conditions of its own."""

    id: str
    scope: Scope
    when: When


@dataclass(frozen=True, slots=True)
class Inspection:
    """A programme under inspection. `articles` are what the shop sells, if the linter was told."""

    programme: Programme
    positions: Positions
    articles: Articles | None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule with a scope and conditions, whatever its kind."""
        programme = self.programme
        return (
            *programme.earn,
            *programme.multipliers,
            *programme.challenges,
            *programme.punch_cards,
            *programme.rewards,
            *programme.discounts,
            *programme.referrals,
            *programme.games,
            *(_Ruled(kind.id, kind.issue.scope, kind.issue.when) for kind in programme.vouchers if kind.issue),
            *(kind.reward for kind in programme.vouchers),
        )

    def error(self, rule: str, text: str, mend: str, *, key: str | None = None) -> Finding:
        """Return a finding that stops a programme; `key` is the key of the rule's table that it is about."""
        return self._finding(Severity.ERROR, rule, text, mend, key)

    def warning(self, rule: str, text: str, mend: str, *, key: str | None = None) -> Finding:
        """Return a finding that is probably a mistake."""
        return self._finding(Severity.WARNING, rule, text, mend, key)

    def note(self, rule: str, text: str, mend: str, *, key: str | None = None) -> Finding:
        """Return a finding that states what follows from a rule."""
        return self._finding(Severity.NOTE, rule, text, mend, key)

    def _finding(self, severity: Severity, rule: str, text: str, mend: str, key: str | None) -> Finding:
        path = self.positions.path_of(rule) if rule else ()
        return Finding("", severity, self.positions.line(path if key is None else (*path, key)), rule, text, mend)

    def money(self, minor: int) -> str:
        """Return an amount as the programme's file writes it, with the currency."""
        digits = minor_digits(self.programme.currency)
        whole, fraction = divmod(minor, 10**digits)
        return f"{whole:,}" + (f".{fraction:0{digits}}" if digits else "") + f" {self.programme.currency}"
