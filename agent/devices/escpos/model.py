"""What one printer model can do, from the profiles of escpos-printer-db that python-escpos carries."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from agent.devices.document import small_columns
from agent.devices.escpos.pages import PREFERRED, Page, Romanian, choose_pages
from agent.devices.settings import did_you_mean
from agent.errors import ConfigError

DEFAULT_PROFILE = "default"


@dataclass(frozen=True, slots=True)
class Model:
    """A printer model: its profile's name, its code pages (best first), what it can draw, a font for what it cannot."""

    profile: str
    pages: tuple[Page, ...]
    has_raster: bool
    has_qr: bool
    has_barcode: bool
    has_small: bool
    cuts_whole: bool
    cuts_part: bool
    font: Path | None


def load_model(
    profile: str, *, code_pages: Mapping[str, int], font: Path | None, romanian: Romanian = Romanian.FOLD
) -> Model:
    """Read the profile called `profile`; `code_pages` (name -> ESC t number), if any, are used in place of its own.

    ConfigError if there is no such profile, or no such code page.
    """
    profiles: dict[str, Any] = _library().CAPABILITIES["profiles"]
    if profile not in profiles:
        raise ConfigError(f"unknown printer profile {profile!r}{did_you_mean(profile, profiles)}")
    check_pages(code_pages)
    data = profiles[profile]
    features = data["features"]
    return Model(
        profile,
        choose_pages(code_pages or _numbers(data["codePages"]), romanian=romanian),
        has_raster=bool(features["bitImageRaster"]),
        has_qr=bool(features["qrCode"]),
        has_barcode=bool(features["barcodeB"]),
        has_small=_has_small(data["fonts"]),
        cuts_whole=bool(features["paperFullCut"]),
        cuts_part=bool(features["paperPartCut"]),
        font=font,
    )


def _has_small(fonts: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether font B is as narrow as a slip counts on."""
    return "1" in fonts and fonts["1"]["columns"] >= small_columns(fonts["0"]["columns"])


def check_pages(code_pages: Mapping[str, int]) -> None:
    """Raise ConfigError for a code page that we do not know, or a number that is no byte."""
    for name, number in code_pages.items():
        if name not in PREFERRED:
            raise ConfigError(f"unknown code page {name!r}{did_you_mean(name, PREFERRED)}")
        if not 0 <= number <= 255:
            raise ConfigError(f"'code_pages.{name}' is {number} but must be 0 to 255")


def _numbers(listed: Mapping[str, str]) -> dict[str, int]:
    """Turn number -> name into name -> number; of several numbers the lowest, which is the maker's oldest."""
    return {name: int(number) for number, name in sorted(listed.items(), key=lambda item: -int(item[0]))}


def _library() -> ModuleType:
    """Import python-escpos' profiles and clear away the folder that its import leaves in the temporary directory."""
    from escpos import capabilities

    if "ESCPOS_CAPABILITIES_PICKLE_DIR" not in os.environ:
        shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)
    return capabilities
