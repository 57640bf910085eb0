"""A driver's settings: one table of till.toml read into the driver's own frozen dataclass.

A field may be bool, int, float, str, Path, a StrEnum, `tuple[T, ...]`, `Mapping[str, T]`, or `T | None`. A field
without a default is required. Limits that a type cannot say stand in `__post_init__` and raise ConfigError.
"""

from __future__ import annotations

import difflib
import math
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from agent.errors import ConfigError

S = TypeVar("S")

_TOML_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", Path: "a path"}


def parse_settings(kind: type[S], table: Mapping[str, object], *, where: str) -> S:
    """Read `table` into the dataclass `kind`; ConfigError names `where`, the key, and what would have been right."""
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]  # fields() refuses what is no dataclass
    for key in table:
        if key not in known:
            raise ConfigError(f"{where}: unknown setting {key!r}{did_you_mean(key, known)}")
    for name, declared in known.items():
        if name not in table and _is_required(declared):
            raise ConfigError(f"{where}: the setting {name!r} is missing")
    hints = get_type_hints(kind)
    try:
        return kind(**{key: _converted(value, hints[key], key) for key, value in table.items()})
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}", hint=error.hint) from None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest of `known`, else the list of what is known."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(names)}" if names else ""


def _is_required(declared: Field[Any]) -> bool:
    return declared.default is MISSING and declared.default_factory is MISSING


def _converted(value: object, hint: Any, key: str) -> object:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        inner = next(a for a in arguments if a is not type(None))
        return _converted(value, inner, key)
    if origin is tuple:
        return tuple(_converted(v, arguments[0], key) for v in _expect(value, list, key, "a list"))
    if origin is Mapping:
        items = _expect(value, dict, key, "a table").items()
        return types.MappingProxyType({str(k): _converted(v, arguments[1], f"{key}.{k}") for k, v in items})
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _member(value, hint, key)
    return _plain(value, hint, key)


def _expect(value: object, kind: type[Any], key: str, wanted: str) -> Any:
    if not isinstance(value, kind):
        raise ConfigError(f"{key!r} is {value!r} but must be {wanted}")
    return value


def _member(value: object, kind: type[StrEnum], key: str) -> StrEnum:
    names = [str(member) for member in kind]
    if value not in names:
        raise ConfigError(f"{key!r} is {value!r} but must be one of {', '.join(names)}{_nearest(value, names)}")
    return kind(value)


def _nearest(value: object, names: list[str]) -> str:
    near = difflib.get_close_matches(str(value), names, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def _plain(value: object, hint: Any, key: str) -> object:
    wanted = _TOML_NAMES[hint]
    if isinstance(value, bool) is not (hint is bool):  # in Python a bool is an int; in TOML it is not
        raise ConfigError(f"{key!r} is {value!r} but must be {wanted}")
    if hint is Path:
        return Path(_expect(value, str, key, wanted))
    if hint is float:
        number = float(_expect(value, (int, float), key, wanted))  # type: ignore[arg-type]  # isinstance takes a tuple
        if not math.isfinite(number):
            raise ConfigError(f"{key!r} is {value!r} but must be a finite number")
        return number
    return _expect(value, hint, key, wanted)
