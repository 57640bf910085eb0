from pathlib import Path

import pytest

from agent.errors import ConfigError
from hq.config import FILE_NAME, Config, Listen, Mail, Shop, Work, check_name, load

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
        Work(expiry_share_max=5, silent_hours=24),
        None,
    )


def test_letters_are_written_when_it_says_where_to(tmp_path: Path) -> None:
    mail = '[mail]\nhost = "mail.example"\nfrom = "tally@example.com"\nto = "it@example.com"\n'

    assert _loaded(tmp_path, mail).mail == Mail("mail.example", 25, "tally@example.com", "it@example.com")


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
        ("[work]\nexpiry_share_max = 101", "expiry_share_max = 101 must be from 0 to 100"),
        ("[work]\nsilent_hours = 0", "silent_hours = 0 must be 1 or more"),
        ("[work]\nsilent_hour = 2", "unknown key 'silent_hour'; did you mean 'silent_hours'"),
        ('[mail]\nhost = "a"', "key 'from' is missing"),
        ('[mail]\nhost = "a"\nfrom = "b"\nto = "c"\nport = 70000', r"\[mail\]: port = 70000 must be"),
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


@pytest.mark.parametrize("address", ["postgresql://hq@db.example/club", "postgres:///club?host=/run/postgresql"])
def test_a_database_may_be_an_address(tmp_path: Path, address: str) -> None:
    assert _loaded(tmp_path, f'database = "{address}"').database == address


def test_a_folder_without_the_file_is_no_headquarters(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no hq\.toml"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["", "-a", "A", "a/b", "a" * 33, "ä"])
def test_a_name_that_would_not_fit_into_an_id_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="must be 1 to 32"):
        check_name("till", name)
