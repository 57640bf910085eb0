"""Reading a TOML table key by key: what is left at the end is unknown, and every refusal says what would be right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from agent.errors import ProgrammeError
from agent.loyalty.calendar import Span, is_day
from agent.loyalty.programme.positions import Path
from agent.loyalty.sale import MONEY_MAX

UNITS_MAX = 10**9
PERCENT_MAX = 1000
ID = r"[a-z][a-z0-9-]{0,31}"
LABEL = r"[^\x00-\x1f]{1,30}"
_AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,4})?")
_NAME = re.compile(r"[\x20-\x7e]{1,40}")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]")

_Choice = TypeVar("_Choice", bound=StrEnum)
_MISSING: Any = object()


class Place:
    """Where reading stands, so that a refusal can be told with its line: all tables of a programme share one."""

    def __init__(self) -> None:
        self.path: Path = ()


class Table:
    """A table whose keys are taken out one by one. `exponent` is the number of decimals of the programme's currency.

    `place` follows what is taken: the table at `path`, or the key that is refused.
    """

    def __init__(self, name: str, values: Mapping[str, Any], exponent: int, place: Place, path: Path = ()) -> None:
        self.name = name
        self._values = dict(values)
        self._known: list[str] = []
        self._exponent = exponent
        self._place = place
        self._path = path

    def __contains__(self, key: str) -> bool:
        """Say whether a key is there and was not taken yet."""
        return key in self._values

    def _take(self, key: str, default: Any) -> Any:
        self._known.append(key)
        self._place.path = self._path
        value = self._values.pop(key, default)
        if value is _MISSING:
            near = get_close_matches(key, self._values, n=1)
            guess = f"; is it meant by {near[0]!r}?" if near else ""
            raise ProgrammeError(f"{self.name}: key {key!r} is missing{guess}")
        return value

    def refuse(self, key: str, value: object, wanted: str) -> ProgrammeError:
        """Return the error that says what a key must be."""
        self._place.path = (*self._path, key)
        return ProgrammeError(f"{self.name}: {key} = {value!r} must be {wanted}")

    def text(self, key: str, pattern: str, default: Any = _MISSING) -> str:
        """Take a text that fits `pattern`."""
        value = self._take(key, default)
        if not isinstance(value, str) or (value != default and not re.fullmatch(pattern, value)):
            raise self.refuse(key, value, f"a text like {pattern}")
        return value

    def id(self) -> str:
        """Take the table's own id."""
        return self.text("id", ID)

    def id_of(self, key: str) -> str:
        """Take the id of something else."""
        return self.text(key, ID)

    def labels(self, key: str) -> tuple[str, ...]:
        """Take a list of things that people read; empty if it is not there."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(n, str) and re.fullmatch(LABEL, n) for n in value):
            raise self.refuse(key, value, "a list of texts of 1 to 30 characters")
        return tuple(value)

    def label(self) -> str:
        """Take what people call it."""
        return self.text("label", LABEL)

    def whole(self, key: str, low: int, high: int, default: Any = _MISSING) -> int:
        """Take a whole number."""
        value = self._take(key, default)
        if type(value) is not int or (value != default and not low <= value <= high):
            raise self.refuse(key, value, f"a whole number from {low} to {high}")
        return value

    def wholes(self, key: str, low: int, high: int) -> tuple[int, ...]:
        """Take a list of whole numbers; empty if it is not there."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(type(n) is int and low <= n <= high for n in value):
            raise self.refuse(key, value, f"a list of whole numbers from {low} to {high}")
        return tuple(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Take true or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.refuse(key, value, "true or false")
        return value

    def money(self, key: str, default: Any = _MISSING) -> int:
        """Take an amount in the currency's own units, as text ("2.50"), so that no float ever rounds it."""
        value = self._take(key, default)
        if value is default and default is not _MISSING:
            assert isinstance(default, int)
            return default
        fits = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
        minor = Decimal(value).scaleb(self._exponent) if fits else Decimal(0)
        if minor != minor.to_integral_value() or not 1 <= minor <= MONEY_MAX:
            low, high = Decimal(1).scaleb(-self._exponent), Decimal(MONEY_MAX).scaleb(-self._exponent)
            raise self.refuse(key, value, f"an amount in quotes from {low:f} to {high:f}")
        return int(minor)

    def names(self, key: str) -> frozenset[str]:
        """Take a list of names of categories, brands, articles or tenders; empty if it is not there."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(n, str) and _NAME.fullmatch(n) for n in value):
            raise self.refuse(key, value, "a list of names: texts of 1 to 40 printable ASCII characters")
        return frozenset(value)

    def ids(self, key: str) -> tuple[str, ...]:
        """Take a list of ids; empty if it is not there."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(n, str) and re.fullmatch(ID, n) for n in value):
            raise self.refuse(key, value, "a list of ids")
        return tuple(value)

    def choice(self, key: str, kind: type[_Choice], default: Any = _MISSING) -> _Choice:
        """Take one of the values of `kind`."""
        value = self._take(key, default)
        if value not in list(kind):
            raise self.refuse(key, value, f"one of {', '.join(kind)}")
        return kind(value)

    def choices(self, key: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
        """Take a list of words out of `allowed`; empty if it is not there."""
        value = self._take(key, [])
        if not isinstance(value, list) or any(word not in allowed for word in value):
            raise self.refuse(key, value, f"a list of {', '.join(allowed)}")
        return tuple(value)

    def day(self, key: str) -> str | None:
        """Take a day as text, YYYY-MM-DD; None if it is not there."""
        value = self._take(key, None)
        if value is not None and not (isinstance(value, str) and is_day(value)):
            raise self.refuse(key, value, 'a day that exists, in quotes: "2026-12-31"')
        return value

    def hours(self, key: str) -> tuple[str, str] | None:
        """Take a stretch of the day, `07:00-10:30`; None if it is not there."""
        value = self._take(key, None)
        if value is None:
            return None
        if not isinstance(value, str) or not _HOURS.fullmatch(value) or value[:5] == value[6:]:
            raise self.refuse(key, value, 'a stretch of the day: "07:00-10:30"')
        return value[:5], value[6:]

    def span(self, key: str) -> Span | None:
        """Take a length of time, `24 months`; None if it is not there."""
        value = self._take(key, None)
        span = Span.read(value) if isinstance(value, str) else None
        if value is not None and span is None:
            raise self.refuse(key, value, 'a length of time: "30 days", "24 months", "1 year"')
        return span

    def table(self, key: str) -> Table:
        """Take a table; an empty one if it is not there."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            self._place.path = (*self._path, key)
            raise ProgrammeError(f"{self.name}: {key!r} must be a table [{key}]")
        name = f"{self.name} [{key}]" if self.name != "the programme" else f"[{key}]"
        return Table(name, value, self._exponent, self._place, (*self._path, key))

    def tables(self, key: str) -> list[Table]:
        """Take an array of tables; an empty list if it is not there."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._place.path = (*self._path, key)
            raise ProgrammeError(f"{self.name}: {key!r} must be tables [[{key}]]")
        return [
            Table(f"[[{key}]] number {i}", item, self._exponent, self._place, (*self._path, key, i - 1))
            for i, item in enumerate(value, 1)
        ]

    def done(self) -> None:
        """Refuse the first key that nobody took."""
        for key in self._values:
            self._place.path = (*self._path, key)
            near = get_close_matches(key, self._known, n=1)
            guess = f"; did you mean {near[0]!r}?" if near else f"; known keys are {', '.join(self._known)}"
            raise ProgrammeError(f"{self.name}: unknown key {key!r}{guess}")
