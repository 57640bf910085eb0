"""Every message there is: the sentences by code, the pages' strings, what errors say, and the hints cashiers read."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.slips.texts import ENGLISH, ERRORS
from agent.slips.texts.errors import HINT
from agent.web.screen.strings import STRINGS, context_of

ROOT = Path(__file__).parents[2]
# Where errors are raised whose hints a cashier reads; hints with a command or a setting in them are for IT.
_HINTS = (
    "agent/errors.py",
    "agent/counter",
    "agent/devices/firewall",
    "agent/journal/codes.py",
    "agent/ledger/kept",
    "agent/loyalty/judging",
    "agent/loyalty/reversal",
    "agent/loyalty/spending",
    "agent/slips",
    "agent/web/api/calls",
    "agent/web/api/routes.py",
)
_FOR_IT = ("`", "till.toml", "till.folder", "keys and its lock")


@dataclass(frozen=True, slots=True)
class Message:
    """What is translated: `many` is the plural, empty if there is none."""

    context: str
    text: str
    many: str = ""

    @property
    def fields(self) -> set[str]:
        """The names in braces."""
        return fields_of(self.many or self.text)


def messages() -> list[Message]:
    """Return all of them, in the order in which they stand in the source."""
    return [*_sentences(), *_strings(), *_errors(), *_hints()]


def fields_of(text: str) -> set[str]:
    """Return the names in braces."""
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def _sentences() -> Iterator[Message]:
    for code, template in ENGLISH.items():
        if _has_words(template.text):
            yield Message(code, template.text, template.many)
        for part, text in (("value", template.value), ("more", template.more)):
            if _has_words(text):
                yield Message(f"{code}.{part}", text)


def _strings() -> Iterator[Message]:
    for key, text in STRINGS.items():
        yield Message(context_of(key), *((text,) if isinstance(text, str) else text))


def _errors() -> Iterator[Message]:
    return (Message(f"error.{code}", text) for code, text in ERRORS.items())


def _hints() -> Iterator[Message]:
    """Yield each hint once: a class's `hint = "..."` and a raiser's `hint="..."`, if it is a plain string."""
    seen: dict[str, None] = {}
    for name in _HINTS:
        path = ROOT / name
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            seen |= dict.fromkeys(_hints_in(ast.parse(file.read_text(encoding="utf-8"))))
    return (Message(HINT, hint) for hint in seen if not any(word in hint for word in _FOR_IT))


def _hints_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="hint", value=ast.Constant(value=str(text))):
                yield text
            case ast.Assign(targets=[ast.Name(id="hint")], value=ast.Constant(value=str(text))):
                yield text


def _has_words(text: str) -> bool:
    """Whether a language may say it otherwise: it has letters of its own, or two fields that could change places."""
    bare = "".join(piece for piece, _, _, _ in string.Formatter().parse(text))
    return any(char.isalpha() for char in bare) or len(fields_of(text)) > 1
