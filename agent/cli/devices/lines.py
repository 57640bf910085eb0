"""Text for people, as wide as a terminal; names of files stay whole, so that they can be copied."""

from __future__ import annotations

import textwrap

import typer

WIDTH = 80


def say(text: str, *, indent: str = "", hanging: str | None = None, err: bool = False) -> None:
    """Print `text` behind `indent`, its further lines behind `hanging` (or `indent` again)."""
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines:
        typer.echo(line, err=err)
