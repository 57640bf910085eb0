"""A driver's settings out of TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pytest

from agent.devices.settings import did_you_mean, parse_settings
from agent.errors import ConfigError


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Settings:
    path: str
    baud: int = 9600
    wait_s: float = 0.5
    loud: bool = False
    colour: Colour = Colour.RED
    folder: Path | None = None
    names: tuple[str, ...] = ()
    pages: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        if self.baud < 1:
            raise ConfigError(f"'baud' is {self.baud} but must be at least 1")


def parsed(toml: str) -> Settings:
    return parse_settings(Settings, tomllib.loads(toml), where="device 'x'")


def test_every_kind_of_value_is_read() -> None:
    settings = parsed(
        'path = "/dev/a"\nbaud = 1\nwait_s = 2\nloud = true\ncolour = "blue"\nfolder = "/srv"\nnames = ["a", "b"]\n'
        "pages = { CP866 = 17 }"
    )

    assert (settings.path, settings.baud, settings.wait_s, settings.loud) == ("/dev/a", 1, 2.0, True)
    assert (settings.colour, settings.folder, settings.names) == (Colour.BLUE, Path("/srv"), ("a", "b"))
    assert settings.pages == {"CP866": 17}


def test_what_is_left_out_has_its_default() -> None:
    assert parsed('path = "/dev/a"') == Settings("/dev/a")


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('path = "a"\nbuad = 1', "device 'x': unknown setting 'buad'; did you mean 'baud'?"),
        ('path = "a"\nzzz = 1', "unknown setting 'zzz'; known: baud, colour"),
        ("baud = 1", "the setting 'path' is missing"),
        ("path = 7", "'path' is 7 but must be a text"),
        ('path = "a"\nbaud = "fast"', "'baud' is 'fast' but must be a whole number"),
        ('path = "a"\nbaud = 9600.5', "'baud' is 9600.5 but must be a whole number"),
        ('path = "a"\nbaud = true', "'baud' is True but must be a whole number"),
        ('path = "a"\nloud = 1', "'loud' is 1 but must be true or false"),
        ('path = "a"\nwait_s = inf', "'wait_s' is inf but must be a finite number"),
        ('path = "a"\ncolour = "blu"', "must be one of red, blue; did you mean 'blue'?"),
        ('path = "a"\nfolder = 1', "'folder' is 1 but must be a path"),
        ('path = "a"\nnames = "a"', "'names' is 'a' but must be a list"),
        ('path = "a"\nnames = [1]', "'names' is 1 but must be a text"),
        ('path = "a"\npages = { CP866 = "x" }', "'pages.CP866' is 'x' but must be a whole number"),
        ('path = "a"\nbaud = 0', "device 'x': 'baud' is 0 but must be at least 1"),
    ],
)
def test_what_does_not_fit_is_named(toml: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parsed(toml)

    assert said in str(raised.value)


def test_nothing_known_means_no_suggestion() -> None:
    assert did_you_mean("x", ()) == ""
