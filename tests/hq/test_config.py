from pathlib import Path

import pytest

from agent.errors import ConfigError
from hq.config import FILE_NAME, Config, Listen, Shop, check_name, load

_EXAMPLE = Path(__file__).parents[2] / "config" / "hq.toml"


def _loaded(folder: Path, text: str) -> Config:
    (folder / FILE_NAME).write_text(text)
    return load(folder)


def test_the_example_shows_every_key_with_its_default(tmp_path: Path) -> None:
    shown = _loaded(tmp_path, _EXAMPLE.read_text())
    least = _loaded(tmp_path, '[[shops]]\nid = "corner"\nprogramme = "general-shop.toml"\n')

    assert shown == least
    assert shown == Config(
        "Headquarters",
        tmp_path / "hq.sqlite",
        tmp_path / "keys",
        Listen("127.0.0.1", 8620),
        (Shop("corner", tmp_path / "general-shop.toml"),),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('databas = "x"', "unknown key 'databas'; did you mean 'database'"),
        ("[listen]\nprt = 1", "unknown key 'prt'; did you mean 'port'"),
        ("colour = 1", "known keys are name, database"),
        ("[listen]\nport = 70000", "port = 70000 must be from 0 to 65535"),
        ('[listen]\nport = "80"', "must be a whole number"),
        ("[listen]\nport = true", "must be a whole number"),
        ("name = 7", "must be a text"),
        ('name = ""', "must be a text"),
        ("listen = 1", "must be a table"),
        ("shops = 1", "must be tables"),
        ("shops = [1]", "must be a table"),
        ('[[shops]]\nid = "a"', "key 'programme' is missing"),
        ('[[shops]]\nid = "A b"\nprogramme = "p"', "shop 'A b' must be"),
        ('[[shops]]\nid = "a"\nprogramme = "p"\n[[shops]]\nid = "a"\nprogramme = "q"', "shop 'a' stands twice"),
        ("name =", "not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _loaded(tmp_path, text)


def test_a_folder_without_the_file_is_no_headquarters(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no hq\.toml"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["", "-a", "A", "a/b", "a" * 33, "ä"])
def test_a_name_that_would_not_fit_into_an_id_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="must be 1 to 32"):
        check_name("till", name)
