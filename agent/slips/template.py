"""What a shop may change about its slips: which parts stand on which kind, in what order, and lines of its own.

A template is a TOML file; config/slips.toml shows every key. A line may hold Jinja: `{{ shop }}`, `{{ name }}`,
`{% if tier %}...{% endif %}`, with the words of VARIABLES; it runs in Jinja's sandbox. Everything is tried out when the
file is read, so that a slip never fails at the printer for what somebody typed here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, get_args

from agent.devices.settings import did_you_mean
from agent.errors import ConfigError
from agent.slips.facts import SlipKind
from agent.slips.texts import LANGUAGES

if TYPE_CHECKING:
    from jinja2 import Template

ALL: Final = "all"  # every kind that has no row of its own
CLOSURE: Final = "closure"
DEFAULT_PARTS: Final = (
    "logo",
    "shop",
    "address",
    "title",
    "earned",
    "balances",
    "punch_cards",
    "nearest",
    "vouchers",
    "codes",
    "signature",
    "web",
    "returns",
    "receipt",
)
CLOSURE_PARTS: Final = ("logo", "shop", "address", "report", "receipt")
PARTS: Final = (*DEFAULT_PARTS[:-1], "report", "receipt")
# What a slip is not one without: its number and proof; what it would be money lost to leave out.
_NEEDED: Final = ("vouchers", "codes", "receipt")
_NEEDED_BY_CLOSURE: Final = ("report", "receipt")
VARIABLES: Final = ("shop", "contact", "web", "till", "receipt", "name", "tier")
_SAMPLE: Final = dict.fromkeys(VARIABLES, "x")
_LINES_MAX: Final = 40
_LINE_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class SlipTemplate:
    """`parts` are the parts of a kind, from the top; `lines` the shop's own parts: by name, then by language."""

    parts: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    lines: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=lambda: MappingProxyType({}))

    def parts_of(self, kind: SlipKind) -> tuple[str, ...]:
        """Return the parts of a kind of slip, from the top."""
        if kind == CLOSURE:
            return self.parts.get(CLOSURE, CLOSURE_PARTS)
        return self.parts.get(kind) or self.parts.get(ALL) or DEFAULT_PARTS

    def lines_of(self, part: str, language: str, till_language: str, words: Mapping[str, str]) -> list[str]:
        """Return the lines of one of the shop's own parts in a language, or in the till's if it has none in that."""
        by_language = self.lines[part]
        texts = by_language.get(language) or by_language[till_language]
        return [compiled(text).render(words) for text in texts]


def read_template(path: Path, *, language: str) -> SlipTemplate:
    """Read a template for a till of a language; ConfigError names the file, the key and what is allowed."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"template {str(path)!r} cannot be read: {error}") from error
    for key in raw:
        if key not in {"parts", "lines"}:
            raise ConfigError(f"{path.name}: unknown section [{key}]{did_you_mean(key, ('parts', 'lines'))}")
    reading = _Reading(path.name, language)
    lines = reading.lines(raw.get("lines", {}))
    return SlipTemplate(reading.parts(raw.get("parts", {}), (*PARTS, *lines)), lines)


@cache
def compiled(text: str) -> Template:
    """Return a line as a template; raises jinja2.TemplateError."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=False).from_string(text)


@dataclass(frozen=True, slots=True)
class _Reading:
    name: str
    language: str

    def parts(self, raw: object, known: Sequence[str]) -> dict[str, tuple[str, ...]]:
        kinds = (ALL, *get_args(SlipKind))
        parts = {}
        for kind, value in _table(raw, f"{self.name}: 'parts'").items():
            where = f"{self.name}: [parts] {kind}"
            if kind not in kinds:
                raise ConfigError(f"{self.name}: [parts] has no kind of slip {kind!r}{did_you_mean(kind, kinds)}")
            parts[kind] = _texts(value, where)
            for part in parts[kind]:
                if part not in known:
                    raise ConfigError(f"{where}: there is no part {part!r}{did_you_mean(part, known)}")
                if parts[kind].count(part) > 1:
                    raise ConfigError(f"{where}: {part!r} stands there twice")
            for part in _NEEDED_BY_CLOSURE if kind == CLOSURE else _NEEDED:
                if part not in parts[kind]:
                    raise ConfigError(f"{where}: {part!r} may stand anywhere but must not be left out")
        return parts

    def lines(self, raw: object) -> dict[str, Mapping[str, tuple[str, ...]]]:
        lines: dict[str, Mapping[str, tuple[str, ...]]] = {}
        for part, table in _table(raw, f"{self.name}: 'lines'").items():
            where = f"{self.name}: [lines.{part}]"
            if part in PARTS:
                raise ConfigError(f"{where}: {part!r} is a part already; give your lines another name")
            by_language = _table(table, where)
            for language, texts in by_language.items():
                if language not in LANGUAGES:
                    raise ConfigError(f"{where}: {language!r} must be one of {', '.join(LANGUAGES)}")
                by_language[language] = self._tried(_texts(texts, f"{where} {language}"), f"{where} {language}")
            if self.language not in by_language:
                raise ConfigError(f"{where} lacks {self.language!r}, which is the till's own language")
            lines[part] = by_language
        return lines

    def _tried(self, texts: tuple[str, ...], where: str) -> tuple[str, ...]:
        from jinja2 import TemplateError

        for number, text in enumerate(texts, 1):
            try:
                compiled(text).render(_SAMPLE)
                compiled(text).render(dict.fromkeys(VARIABLES, ""))
            except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
                hint = f"a line may use {', '.join(VARIABLES)}: {{{{ shop }}}}"
                raise ConfigError(f"{where}, line {number}: {error}", hint=hint) from error
        return texts


def _table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where} must be a section")
    return dict(value)


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ConfigError(f"{where} must be a list of texts")
    if len(value) > _LINES_MAX or any(len(text) > _LINE_MAX for text in value):
        raise ConfigError(f"{where} may have {_LINES_MAX} lines of {_LINE_MAX} characters at most")
    return tuple(value)
