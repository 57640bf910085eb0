"""Founding a headquarters: its folder, hq.toml, database and keys."""

from __future__ import annotations

import os
from pathlib import Path

from agent.errors import ConfigError
from agent.loyalty.lint.linting import load_linted
from hq import config, keys
from hq.database import Database

ROOT_KEY = "root.key"
_TEMPLATE = """\
# Headquarters. Every key, its default and what it means: config/hq.toml of the project.
name = {name}
database = "hq.sqlite"
keys = "keys"

[listen]
host = "127.0.0.1"
port = 8620

[[shops]]
id = {shop}
programme = {programme}
"""


def found(folder: Path, *, name: str, shop: str, programme: Path) -> Path:
    """Make a headquarters in `folder` and return where its root key lies, to be taken off the machine.

    Raises ConfigError when there is one already, or the root key of one: nothing is ever overwritten.
    """
    config.check_name("shop", shop)
    if not name.isprintable() or not 1 <= len(name) <= 60:
        raise ConfigError(f"name {name[:80]!r} must be 1 to 60 printable characters")
    if (folder / config.FILE_NAME).exists():
        raise ConfigError(f"there is a headquarters already in {str(folder)!r}", hint="serve it: `tally-hq serve`")
    data = programme.read_bytes()
    load_linted(data)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys.make(folder / "keys", root_file=folder / ROOT_KEY)
    Database.create(folder / "hq.sqlite").close()
    (folder / programme.name).write_bytes(data)
    text = _TEMPLATE.format(name=_quoted(name), shop=_quoted(shop), programme=_quoted(programme.name))
    fd = os.open(folder / config.FILE_NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(text)
    return folder / ROOT_KEY


def _quoted(text: str) -> str:
    """Return a TOML basic string; `text` is printable."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
