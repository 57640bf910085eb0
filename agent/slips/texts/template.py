"""How a sentence is written down, in English."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with {fields}: `value` stands at the right edge, `more` below if all of its fields are there.

    `text` is for one of what the field `by` counts, `many` for any other number; without `by` there is one form.
    """

    text: str
    value: str = ""
    more: str = ""
    many: str = ""
    by: str = ""
