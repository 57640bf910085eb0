from pathlib import Path

import pytest

from agent.errors import ConfigError, ProgrammeError
from hq import config, founding, keys
from hq.database import Database
from tests.hq.headquarters import PROGRAMME


def test_a_founded_headquarters_can_be_loaded(tmp_path: Path) -> None:
    root = founding.found(tmp_path / "hq", name='Ann\'s "Shops" \\ Ltd', shop="corner", programme=PROGRAMME)

    settings = config.load(tmp_path / "hq")
    assert settings.name == 'Ann\'s "Shops" \\ Ltd'
    assert settings.shops[0].programme.read_bytes() == PROGRAMME.read_bytes()
    keys.load(settings.keys)
    Database(settings.database).close()
    assert root == tmp_path / "hq" / "root.key"


def test_a_headquarters_is_never_founded_twice(tmp_path: Path) -> None:
    founding.found(tmp_path, name="HQ", shop="corner", programme=PROGRAMME)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    with pytest.raises(ConfigError, match="a headquarters already"):
        founding.found(tmp_path, name="HQ", shop="corner", programme=PROGRAMME)

    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("name", "shop"), [("HQ", "A B"), ("", "corner"), ("a\nb", "corner")])
def test_names_that_cannot_be_are_refused_before_anything_is_made(tmp_path: Path, name: str, shop: str) -> None:
    with pytest.raises(ConfigError):
        founding.found(tmp_path / "hq", name=name, shop=shop, programme=PROGRAMME)

    assert not (tmp_path / "hq").exists()


def test_a_programme_with_a_mistake_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("name = 1")

    with pytest.raises(ProgrammeError):
        founding.found(tmp_path / "hq", name="HQ", shop="corner", programme=tmp_path / "bad.toml")

    assert not (tmp_path / "hq").exists()
