"""hq.toml read into frozen values; every key is checked, an unknown one is refused with the nearest known name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from agent.errors import ConfigError

FILE_NAME = "hq.toml"
NAME_PATTERN = r"[a-z0-9][a-z0-9-]{0,31}"  # of a shop, and of a till in it

# Where a headquarters' database is: a file of SQLite, or the address of a PostgreSQL database.
Where = Path | str
_ADDRESSES = ("postgresql://", "postgres://")

_SMTP = 25  # RFC 5321, 4.5.4.2: the port of SMTP
_PERCENT_MAX = 100

_Value = TypeVar("_Value", str, int)


@dataclass(frozen=True, slots=True)
class Listen:
    """Where headquarters listens; port 0 takes a free one.

    With `certificate` (PEM, the chain to its authority) and its `key` it speaks TLS.
    """

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop, and the programme file in force there."""

    id: str
    programme: Path


@dataclass(frozen=True, slots=True)
class Work:
    """What `tally-hq work` is held to: how many percent of a unit may expire unasked, and when a shop is silent."""

    expiry_share_max: int = 5
    silent_hours: int = 24


@dataclass(frozen=True, slots=True)
class Mail:
    """Where letters go: an SMTP server, the address they are from and the one they are for."""

    host: str
    port: int
    sender: str
    to: str


@dataclass(frozen=True, slots=True)
class Config:
    """hq.toml; paths are resolved against the folder of the file."""

    name: str
    database: Where
    keys: Path
    listen: Listen
    shops: tuple[Shop, ...]
    work: Work = Work()
    mail: Mail | None = None


def load(folder: Path) -> Config:
    """Read `folder`/hq.toml; raises ConfigError naming the key, the value and what is allowed."""
    path = folder / FILE_NAME
    try:
        raw = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise ConfigError(f"there is no {FILE_NAME} in {str(folder)!r}", hint="make one: `tally-hq init`") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{FILE_NAME} is not valid TOML: {error}") from error
    _check_keys(FILE_NAME, raw, ("name", "database", "keys", "listen", "work", "mail", "shops"))
    listen = _table("[listen]", raw.get("listen", {}), ("host", "port", "certificate", "key"))
    shops = raw.get("shops", [])
    if not isinstance(shops, list):
        raise ConfigError(f"{FILE_NAME}: 'shops' must be tables [[shops]]")
    config = Config(
        name=_value(FILE_NAME, raw, "name", "Headquarters"),
        database=where(folder, _value(FILE_NAME, raw, "database", "hq.sqlite")),
        keys=folder / _value(FILE_NAME, raw, "keys", "keys"),
        listen=_listen(folder, listen),
        shops=tuple(_shop(folder, number, table) for number, table in enumerate(shops, 1)),
        work=_work(raw.get("work", {})),
        mail=_mail(raw["mail"]) if "mail" in raw else None,
    )
    _check_shops(config)
    return config


def _listen(folder: Path, table: Mapping[str, Any]) -> Listen:
    name = "[listen]"
    host, port = _value(name, table, "host", "127.0.0.1"), _port(name, _value(name, table, "port", 8620))
    if "certificate" not in table and "key" not in table:
        return Listen(host, port)
    certificate, key = (folder / _value(name, table, key, None) for key in ("certificate", "key"))
    return Listen(host, port, certificate, key)


def _work(table: object) -> Work:
    name = "[work]"
    values = _table(name, table, ("expiry_share_max", "silent_hours"))
    percent = _value(name, values, "expiry_share_max", Work().expiry_share_max)
    hours = _value(name, values, "silent_hours", Work().silent_hours)
    if not 0 <= percent <= _PERCENT_MAX:
        raise ConfigError(f"{name}: expiry_share_max = {percent} must be from 0 to {_PERCENT_MAX} (percent)")
    if hours < 1:
        raise ConfigError(f"{name}: silent_hours = {hours} must be 1 or more")
    return Work(percent, hours)


def _mail(table: object) -> Mail:
    name = "[mail]"
    values = _table(name, table, ("host", "port", "from", "to"))
    host, sender, to = (_value(name, values, key, None) for key in ("host", "from", "to"))
    return Mail(host, _port(name, _value(name, values, "port", _SMTP)), sender, to)


def where(folder: Path, database: str) -> Where:
    """Return where a database is that stands so in the hq.toml of `folder`."""
    return database if database.startswith(_ADDRESSES) else folder / database


def _shop(folder: Path, number: int, table: object) -> Shop:
    name = f"[[shops]] number {number}"
    values = _table(name, table, ("id", "programme"))
    return Shop(check_name("shop", _value(name, values, "id", None)), folder / _value(name, values, "programme", None))


def check_name(what: str, name: str) -> str:
    """Return a shop's or till's name if it may be one; raises ConfigError."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise ConfigError(f"{what} {name[:80]!r} must be 1 to 32 of a-z, 0-9 and '-', and not begin with '-'")
    return name


def _check_shops(config: Config) -> None:
    ids = [shop.id for shop in config.shops]
    for shop in ids:
        if ids.count(shop) > 1:
            raise ConfigError(f"{FILE_NAME}: shop {shop!r} stands twice")


def _port(name: str, port: int) -> int:
    if not 0 <= port <= 65535:
        raise ConfigError(f"{name}: port = {port} must be from 0 to 65535")
    return port


def _value(name: str, table: Mapping[str, Any], key: str, default: _Value | None) -> _Value:
    value: _Value | None = table.get(key, default)
    if value is None:
        raise ConfigError(f"{name}: key {key!r} is missing")
    kind = str if default is None else type(default)
    if type(value) is not kind or value == "":
        raise ConfigError(f"{name}: {key} = {value!r} must be a {'text' if kind is str else 'whole number'}")
    return value


def _table(name: str, table: object, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(table, dict):
        raise ConfigError(f"{FILE_NAME}: {name} must be a table")
    _check_keys(name, table, known)
    return table


def _check_keys(name: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            guess = f"did you mean {near[0]!r}?" if near else f"known keys are {', '.join(known)}"
            raise ConfigError(f"{name}: unknown key {key!r}; {guess}")
