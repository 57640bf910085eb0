"""The file of the shop's SUN keys: who may read it, what stands in it, and what an error never repeats."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.devices.chips.settings import ChipSettings
from agent.devices.chips.sun.address import Layout
from agent.devices.chips.sun.keys import SunKeys
from agent.errors import ConfigError
from tests.devices.chips.sun.tag import FILE_KEY, KEY_FILE, META_KEY


def key_file(folder: Path, text: str, *, mode: int = 0o600) -> ChipSettings:
    path = folder / "sun-keys.toml"
    path.write_text(text)
    path.chmod(mode)
    return ChipSettings(path)


def refusal(chips: ChipSettings) -> ConfigError:
    with pytest.raises(ConfigError, match=r"sun-keys\.toml") as caught:
        chips.read_sun_keys()
    return caught.value


def test_keys_are_read(tmp_path: Path) -> None:
    assert key_file(tmp_path, KEY_FILE).read_sun_keys() == SunKeys(FILE_KEY, META_KEY)


def test_everything_that_may_stand_there_is_read(tmp_path: Path) -> None:
    names = 'system = "3042F5"\npicc = "e"\nuid = "u"\ncounter = "n"\nmac = "c"\nmac_input = "d"\n'
    keys = key_file(tmp_path, KEY_FILE + names).read_sun_keys()

    assert keys == SunKeys(FILE_KEY, META_KEY, b"\x30\x42\xf5", Layout("e", "u", "n", "c", "d"))


def test_a_shop_whose_cards_write_plain_text_needs_one_key(tmp_path: Path) -> None:
    assert key_file(tmp_path, f'file_key = "{FILE_KEY.hex()}"').read_sun_keys() == SunKeys(FILE_KEY)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o777])
def test_a_file_that_others_may_open_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    error = refusal(key_file(tmp_path, KEY_FILE, mode=mode))

    assert f"by others than its owner (mode {mode:04o})" in str(error)
    assert error.hint.startswith("chmod 600 ")


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_for_its_owner_only_is_read(tmp_path: Path, mode: int) -> None:
    assert key_file(tmp_path, KEY_FILE, mode=mode).read_sun_keys().meta == META_KEY


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (KEY_FILE.replace(FILE_KEY.hex(), FILE_KEY.hex()[2:]), "'file_key' has 15 bytes"),
        (KEY_FILE.replace(FILE_KEY.hex(), f"{FILE_KEY.hex()}x"), "'file_key' must be hexadecimal"),
        (KEY_FILE.replace('"', ""), "is not TOML"),
        (KEY_FILE.replace(f'"{FILE_KEY.hex()}"', f"0x{FILE_KEY.hex()}"), "'file_key' must be a text"),
        (KEY_FILE.replace(f'"{FILE_KEY.hex()}"', f'["{FILE_KEY.hex()}"]'), "'file_key' must be a text"),
        (KEY_FILE.replace("file_key", "filekey"), "unknown setting 'filekey'; did you mean 'file_key'?"),
        (KEY_FILE.partition("\n")[2], "the setting 'file_key' is missing"),
        (KEY_FILE + 'mac = "c mac"', "'c mac' must be a parameter's name"),
        (f"[{FILE_KEY.hex()}]\n[{FILE_KEY.hex()}]", "is not TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_no_key_repeated(tmp_path: Path, text: str, said: str) -> None:
    error = refusal(key_file(tmp_path, text))

    assert said in str(error)
    for key in (FILE_KEY, META_KEY):
        assert key.hex()[2:] not in f"{error} {error.hint}"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in str(refusal(ChipSettings(tmp_path / "sun-keys.toml")))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    chips = key_file(tmp_path, "")
    chips.sun_keys.write_bytes(b"\xff\xfe")

    assert "is not TOML" in str(refusal(chips))
