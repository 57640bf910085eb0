"""What a person says for headquarters' journal: short words, for nothing of a person stands in a journal."""

from __future__ import annotations

import re

from agent.errors import InvalidError

_WORD = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_OP = re.compile(r"[A-Za-z0-9._-]{1,40}")


def check_word(what: str, value: str) -> str:
    """Return a reason or a login; raises InvalidError for more than a word."""
    if not _WORD.fullmatch(value):
        raise InvalidError(f"{what} {value[:40]!r} must be 1 to 32 of a-z, 0-9, '.', '_' and '-'")
    return value


def check_op(op: str) -> str:
    """Return what names a decision; raises InvalidError."""
    if not _OP.fullmatch(op):
        raise InvalidError(f"op {op[:40]!r} must be 1 to 40 letters, digits, '.', '_' and '-'")
    return op
