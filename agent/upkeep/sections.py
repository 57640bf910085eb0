"""A device's section in till.toml: as text to paste, and written into the file with everything else left as it is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Table
from tomlkit.toml_document import TOMLDocument

from agent.devices.loading import DeviceSetup
from agent.errors import ConfigError


def section_text(setup: DeviceSetup) -> str:
    """Return the [[device]] section of a setup as it stands in till.toml."""
    document = tomlkit.document()
    sections = tomlkit.aot()
    sections.append(_table(setup))
    document.append("device", sections)
    return tomlkit.dumps(document).strip() + "\n"


def with_section(text: str, setup: DeviceSetup) -> str:
    """Return the till.toml `text` with this device's section, and all else to the letter.

    A section of that name keeps its place and comments, and the settings that stay; one that names no such device yet
    is added at the end.
    """
    document = tomlkit.parse(text)
    section = _find(document, setup.name)
    if section is None:
        return f"{text.rstrip()}\n\n{section_text(setup)}"
    _update(section, setup)
    return tomlkit.dumps(document)


def write_section(path: Path, setup: DeviceSetup, *, check: Callable[[Path], None]) -> None:
    """Write this device's section into the till.toml at `path`: whole, or not at all.

    `check` is asked to load the new file before it takes the old one's place; what it raises leaves the old one there.
    ConfigError if the old one cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    target = path.resolve()  # a link stays a link
    new = target.with_name(target.name + ".new")
    try:
        new.write_text(with_section(text, setup), encoding="utf-8")
        check(new)
        _take_after(new, target)
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def _take_after(new: Path, old: Path) -> None:
    """Give `new` the permissions and the owner of `old`: it may hold what not everybody may read."""
    shutil.copymode(old, new)
    was = old.stat()
    if (was.st_uid, was.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(new, was.st_uid, was.st_gid)


def _find(document: TOMLDocument, name: str) -> Table | None:
    sections: Any = document.get("device", [])
    return next((section for section in sections if section.get("name") == name), None)


def _update(section: Table, setup: DeviceSetup) -> None:
    wanted = {"name": setup.name, "driver": setup.driver, **setup.settings}
    for key in [key for key in section if key not in wanted]:
        section.remove(key)
    body = section.value.body
    after: list[Any] = []
    while body and body[-1][0] is None:  # blank lines and comments, which belong to what comes next
        after.insert(0, body.pop())
    for key, value in wanted.items():
        if section.get(key) != _plain(value):
            section[key] = _plain(value)
    body.extend(after)


def _table(setup: DeviceSetup) -> Table:
    table = tomlkit.table()
    for key, value in {"name": setup.name, "driver": setup.driver, **setup.settings}.items():
        table.append(key, _plain(value))
    return table


def _plain(value: object) -> Any:
    if not isinstance(value, Mapping):
        return value
    inline = tomlkit.inline_table()
    inline.update(value)
    return inline
