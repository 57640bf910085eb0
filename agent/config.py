"""till.toml, read into the rooms' own frozen settings. Every key is checked; an unknown one is refused with a guess."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.devices.categories import Category
from agent.devices.chips.settings import ChipSettings
from agent.devices.gs1.settings import LabelSettings
from agent.devices.loading import DeviceSetup, DriverRow
from agent.devices.settings import did_you_mean, parse_settings
from agent.errors import ConfigError
from agent.slips.settings import SlipSettings
from agent.sync.settings import SyncSettings
from agent.web.settings import WebSettings
from drivers import known_drivers

BALLAST_MB_MIN, BALLAST_MB_MAX = 32, 1024  # the WAL alone may grow to 16 megabytes
TRAINING_IDLE_MIN, TRAINING_IDLE_MAX = 1, 720  # minutes; whatever is set, it ends with the business day
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class TillSettings:
    """The [till] section: which till this is and where it keeps its books.

    `programme` is used until headquarters sends one; `articles` says what the shop sells. `printer` names the device
    that slips go to, `drawer` the one that opens the cash drawer (often the printer), `display` the customer's line
    display. `ballast_mb` is how much of the disk is kept for corrections and closures. Training ends by itself after
    `training_idle_min` minutes in which nothing was done.
    """

    shop: str
    till: str
    zone: str
    folder: Path
    programme: Path | None = None
    printer: str | None = None
    articles: Path | None = None
    drawer: str | None = None
    display: str | None = None
    ballast_mb: int = 32
    training_idle_min: int = 60

    def __post_init__(self) -> None:
        """Raise ConfigError for names and zones that cannot be."""
        for key, name in (("shop", self.shop), ("till", self.till)):
            if not _NAME.fullmatch(name):
                raise ConfigError(f"{key!r} is {name!r} but must be 1 to 32 lower-case letters, digits or -")
        if not BALLAST_MB_MIN <= self.ballast_mb <= BALLAST_MB_MAX:
            raise ConfigError(
                f"'ballast_mb' is {self.ballast_mb} but must be from {BALLAST_MB_MIN} to {BALLAST_MB_MAX} megabytes"
            )
        if not TRAINING_IDLE_MIN <= self.training_idle_min <= TRAINING_IDLE_MAX:
            raise ConfigError(
                f"'training_idle_min' is {self.training_idle_min} but must be from {TRAINING_IDLE_MIN} to"
                f" {TRAINING_IDLE_MAX} minutes"
            )
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ConfigError(f"'zone' is {self.zone!r} but must be a time zone like Europe/London") from None

    @property
    def roles(self) -> tuple[tuple[str, Category, str], ...]:
        """What devices are named for: the key, the category that must be named, and the device's name."""
        named = (
            ("printer", Category.POS_PRINTER, self.printer),
            ("drawer", Category.CASH_DRAWER, self.drawer),
            ("display", Category.LINE_DISPLAY, self.display),
        )
        return tuple((key, category, name) for key, category, name in named if name is not None)

    @property
    def id(self) -> str:
        """The till's name in every entry: shop/till."""
        return f"{self.shop}/{self.till}"

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.folder / "ledger.db"

    @property
    def tokens(self) -> Path:
        """The local API's tokens."""
        return self.folder / "tokens.json"


@dataclass(frozen=True, slots=True)
class Config:
    """A whole till.toml. `sync` is None for a till that stands alone, `chips` for one whose chips prove nothing."""

    path: Path
    till: TillSettings
    slips: SlipSettings
    web: WebSettings
    sync: SyncSettings | None
    labels: LabelSettings
    chips: ChipSettings | None
    devices: tuple[DeviceSetup, ...]

    def read_programme(self) -> bytes | None:
        """Read the programme file that [till] names, None if it names none; raises ConfigError."""
        return _bytes_of("programme", self.till.programme)

    def read_articles(self) -> bytes | None:
        """Read the table of articles that [till] names, None if it names none; raises ConfigError."""
        return _bytes_of("articles", self.till.articles)

    def shown(self) -> dict[str, Any]:
        """Return every setting in force, defaults included, for `tally config show`."""
        sections = {
            "till": _plain(self.till),
            "slips": _plain(self.slips),
            "web": _plain(self.web),
            "sync": None if self.sync is None else _plain(self.sync),
            "labels": _plain(self.labels),
            "chips": None if self.chips is None else _plain(self.chips),
        }
        devices = [{"name": d.name, "driver": d.driver, **_plain_map(d.settings)} for d in self.devices]
        return {"file": str(self.path), **sections, "device": devices}


def _bytes_of(key: str, path: Path | None) -> bytes | None:
    try:
        return None if path is None else path.read_bytes()
    except OSError as error:
        raise ConfigError(f"[till]: {key!r} {str(path)!r} cannot be read: {error.strerror}") from error


_Settings = TypeVar("_Settings", TillSettings, SlipSettings, WebSettings, SyncSettings, ChipSettings)


def load_config(path: Path, *, drivers: Mapping[str, DriverRow] | None = None) -> Config:
    """Read a till.toml; raises ConfigError naming section, key, value and what is allowed.

    Relative paths in [till], [slips], [web], [sync] and [chips] count from the file's own folder. `drivers` are all
    there are, if not named.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        hint = "name another file with --config or TALLY_CONFIG"
        raise ConfigError(f"there is no {str(path)!r}", hint=hint) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error}") from error
    for key in raw:
        if key not in _SECTIONS:
            raise ConfigError(f"{path.name}: unknown section [{key}]{did_you_mean(key, _SECTIONS)}")
    base = path.resolve().parent
    till = _rooted(parse_settings(TillSettings, _table(raw, "till", path), where="[till]"), base)
    devices = _devices(raw.get("device", []), known_drivers() if drivers is None else drivers)
    names = [device.name for device in devices]
    for key, _, name in till.roles:
        if name not in names:
            raise ConfigError(f"[till]: {key!r} {name!r} is no device{did_you_mean(name, names)}")
    chips = parse_settings(ChipSettings, _table(raw, "chips", path), where="[chips]") if "chips" in raw else None
    sync = parse_settings(SyncSettings, _table(raw, "sync", path), where="[sync]") if "sync" in raw else None
    return Config(
        path=path,
        till=till,
        slips=_rooted(parse_settings(SlipSettings, _table(raw, "slips", path), where="[slips]"), base),
        web=_rooted(parse_settings(WebSettings, _table(raw, "web", path), where="[web]"), base),
        sync=None if sync is None else _rooted(sync, base),
        labels=parse_settings(LabelSettings, _table(raw, "labels", path), where="[labels]"),
        chips=None if chips is None else _rooted(chips, base),
        devices=devices,
    )


_SECTIONS = ("till", "slips", "web", "sync", "labels", "chips", "device")


def _table(raw: Mapping[str, Any], section: str, path: Path) -> Mapping[str, object]:
    table = raw.get(section, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{path.name}: {section!r} must be a section [{section}]")
    return table


def _rooted(settings: _Settings, base: Path) -> _Settings:
    """Make every relative path of a settings value count from `base`."""
    paths: dict[str, Any] = {
        f.name: base / value for f in fields(settings) if isinstance(value := getattr(settings, f.name), Path)
    }
    return replace(settings, **paths)


def _devices(sections: object, drivers: Mapping[str, DriverRow]) -> tuple[DeviceSetup, ...]:
    if not isinstance(sections, list) or not all(isinstance(section, dict) for section in sections):
        raise ConfigError("devices are given as sections [[device]]")
    setups = [_device(section, number, drivers) for number, section in enumerate(sections, 1)]
    for setup in setups:
        if sum(other.name == setup.name for other in setups) > 1:
            raise ConfigError(f"[[device]] name {setup.name!r} is used twice; every device needs its own")
    return tuple(setups)


def _device(section: Mapping[str, object], number: int, drivers: Mapping[str, DriverRow]) -> DeviceSetup:
    where = f"[[device]] number {number}"
    name, driver = section.get("name"), section.get("driver")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigError(f"{where}: 'name' is {name!r} but must be 1 to 32 lower-case letters, digits or -")
    if not isinstance(driver, str) or driver not in drivers:
        raise ConfigError(f"{where} ({name}): unknown driver {driver!r}{did_you_mean(str(driver), drivers)}")
    return DeviceSetup(name, driver, {k: v for k, v in section.items() if k not in {"name", "driver"}})


def _plain(settings: object) -> dict[str, Any]:
    assert is_dataclass(settings)
    return _plain_map({f.name: getattr(settings, f.name) for f in fields(settings)})


def _plain_map(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, Path) else value for key, value in values.items()}
