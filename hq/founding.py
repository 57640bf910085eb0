"""Founding a headquarters: its folder, hq.toml, database and keys; and its keys again after a fire."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from sqlalchemy import func, select

from agent.errors import ConfigError
from agent.journal.wire.form import from_text, to_text
from agent.loyalty.lint.linting import load_linted
from hq import config, keys
from hq.apart.epochs import begin_epoch
from hq.clock import now_ms
from hq.database import Database
from hq.tables import meta, programme, till

ROOT_KEY = "root.key"
_SEALED = "keys.sealed"  # in `meta`, so that every backup of the books has it: the keys that no later key can replace
_TEMPLATE = """\
# Headquarters. Every key, its default and what it means: config/hq.toml of the project.
name = {name}
database = {database}
keys = "keys"

[listen]
host = "127.0.0.1"
port = 8620

[[shops]]
id = {shop}
programme = {programme}
"""


def found(folder: Path, *, name: str, shop: str, programme: Path, database: str = "hq.sqlite") -> Path:
    """Make a headquarters in `folder` and return where its root key lies, to be taken off the machine.

    `database` is a file in `folder`, or the address of a PostgreSQL database that is empty. Raises ConfigError
    when there is a headquarters already, or the root key of one: nothing is ever overwritten.
    """
    config.check_name("shop", shop)
    if not name.isprintable() or not 1 <= len(name) <= 60:
        raise ConfigError(f"name {name[:80]!r} must be 1 to 60 printable characters")
    if (folder / config.FILE_NAME).exists():
        raise ConfigError(f"there is a headquarters already in {str(folder)!r}", hint="serve it: `tally-hq serve`")
    data = programme.read_bytes()
    load_linted(data)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    sealed = keys.make(folder / "keys", root_file=folder / ROOT_KEY)
    with closing(Database.create(config.where(folder, database))) as made, made.write() as conn:
        conn.execute(meta.insert().values(key=_SEALED, value=to_text(sealed)))
    (folder / programme.name).write_bytes(data)
    values = {"name": name, "database": database, "shop": shop, "programme": programme.name}
    text = _TEMPLATE.format(**{key: _quoted(value) for key, value in values.items()})
    fd = os.open(folder / config.FILE_NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(text)
    return folder / ROOT_KEY


def recover(folder: Path, *, root_file: Path, serial: int | None = None) -> None:
    """Make a burnt headquarters' keys anew, from hq.toml, a copy of its database where hq.toml says, and the root key.

    Programme files that are missing are taken from the database. It begins a new epoch (`hq.apart.epochs`). Raises
    ConfigError when there are keys, the root key is another's, or this machine's clock is behind the database: tills
    believe only a higher serial than they know.
    """
    settings = config.load(folder)
    with closing(Database(settings.database)) as database, database.read() as conn:
        sealed = conn.scalar(select(meta.c.value).where(meta.c.key == _SEALED))
        last_ms = conn.scalar(select(func.max(till.c.contact_ms))) or 0
        programmes = {row.shop: row.data for row in conn.execute(select(programme.c.shop, programme.c.data))}
    if sealed is None:
        hint = "put the keys' folder back from a copy"
        raise ConfigError("this database holds no keys sealed for the root key", hint=hint)
    if serial is None and now_ms() <= last_ms:
        hint = "set this machine's clock, or give a serial above every one the tills know: `--serial N`"
        raise ConfigError("this machine's clock is behind the last contact of a till in the database", hint=hint)
    keys.recover(settings.keys, root_file=root_file, sealed=from_text(sealed), serial=serial)
    for shop in settings.shops:
        if shop.id in programmes and not shop.programme.exists():
            shop.programme.write_bytes(programmes[shop.id])
    with closing(Database(settings.database)) as database, database.write() as conn:
        begin_epoch(conn)


def _quoted(text: str) -> str:
    """Return a TOML basic string; `text` is printable."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
