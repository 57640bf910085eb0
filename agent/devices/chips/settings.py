"""The [chips] section of till.toml, and the file of the shop's SUN keys that it names."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.devices.chips.sun.address import Layout
from agent.devices.chips.sun.keys import SunKeys
from agent.devices.settings import parse_settings
from agent.errors import ConfigError

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class ChipSettings:
    """Cards that prove themselves: `sun_keys` is a file with their keys, which only the agent's account may read."""

    sun_keys: Path

    def read_sun_keys(self) -> SunKeys:
        """Read the keys. ConfigError, which repeats none of them, if others may read the file or it holds no keys."""
        where = f"[chips]: 'sun_keys' {str(self.sun_keys)!r}"
        table = _table(self.sun_keys, where)
        for name, value in table.items():
            if not isinstance(value, str):  # what stands there may be a key, so the value is not shown
                raise ConfigError(f"{where}: {name!r} must be a text")
        return parse_settings(_KeyFile, table, where=where).keys


@dataclass(frozen=True, slots=True)
class _KeyFile:
    """What stands in the file: keys as 32 hexadecimal digits, the names of Layout."""

    file_key: str = field(repr=False)
    meta_key: str | None = field(default=None, repr=False)
    system: str | None = None
    picc: str = "picc_data"
    uid: str = "uid"
    counter: str = "ctr"
    mac: str = "cmac"
    mac_input: str | None = None

    @property
    def keys(self) -> SunKeys:
        """The keys it gives."""
        layout = Layout(self.picc, self.uid, self.counter, self.mac, self.mac_input)
        meta = None if self.meta_key is None else _bytes("meta_key", self.meta_key)
        system = None if self.system is None else _bytes("system", self.system)
        return SunKeys(_bytes("file_key", self.file_key), meta, system, layout)

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _ = self.keys


def _table(path: Path, where: str) -> Mapping[str, object]:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & _OTHERS:
                hint = f"chmod 600 {path}; then change the keys if somebody may have read them"
                raise ConfigError(f"{where} may be read by others than its owner (mode {mode:04o})", hint=hint)
            return tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {error.strerror}") from error
    except ValueError:  # not UTF-8, or not TOML; the parser's own words may repeat a key
        raise ConfigError(f"{where} is not TOML", hint='write keys as file_key = "32 hexadecimal digits"') from None


def _bytes(name: str, digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise ConfigError(f"{name!r} must be hexadecimal digits") from None
