from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from agent.errors import ConfigError
from agent.journal.trust import Delegation
from hq import keys


@pytest.fixture
def made(tmp_path: Path) -> Path:
    keys.make(tmp_path / "keys", root_file=tmp_path / "root.key")
    return tmp_path


def test_the_root_key_speaks_for_the_online_key(made: Path) -> None:
    loaded = keys.load(made / "keys")

    delegation = Delegation.check(loaded.delegation, root=loaded.root)
    assert delegation.key == loaded.online.public_key().public_bytes_raw()
    assert set(delegation.roles) == {"feed", "programme"}


def test_the_root_key_is_in_a_file_of_its_own_and_not_needed(made: Path) -> None:
    root = load_pem_private_key((made / "root.key").read_bytes(), None)
    (made / "root.key").unlink()

    loaded = keys.load(made / "keys")

    assert root.public_key().public_bytes_raw() == loaded.root  # type: ignore[union-attr]


def test_nobody_else_may_read_a_key(made: Path) -> None:
    files = [*(made / "keys").iterdir(), made / "root.key"]

    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}
    assert (made / "keys").stat().st_mode & 0o077 == 0


def test_a_key_is_never_overwritten(made: Path) -> None:
    before = {file.name: file.read_bytes() for file in (made / "keys").iterdir()}

    with pytest.raises(ConfigError, match="never overwritten"):
        keys.make(made / "keys", root_file=made / "root.key")
    with pytest.raises(ConfigError, match="never overwritten"):
        keys.make(made / "keys", root_file=made / "another.key")

    assert {file.name: file.read_bytes() for file in (made / "keys").iterdir()} == before


@pytest.mark.parametrize("name", ["online.key", "delegation.json", "profile.key", "search.key", "root.pub"])
def test_a_missing_key_is_named(made: Path, name: str) -> None:
    (made / "keys" / name).unlink()

    with pytest.raises(ConfigError, match=name):
        keys.load(made / "keys")


def test_keys_of_two_headquarters_do_not_mix(made: Path) -> None:
    keys.make(made / "other", root_file=made / "other.key")
    (made / "keys" / "online.key").write_bytes((made / "other" / "online.key").read_bytes())

    with pytest.raises(ConfigError, match="speaks for another key"):
        keys.load(made / "keys")


def test_a_fingerprint_says_nothing_without_the_search_key(made: Path) -> None:
    keys.make(made / "other", root_file=made / "other.key")
    ours, theirs = keys.load(made / "keys"), keys.load(made / "other")

    assert ours.fingerprint("1", "number") == ours.fingerprint("1", "number")
    assert ours.fingerprint("1", "number") != theirs.fingerprint("1", "number")
    assert ours.fingerprint("1", "number") != ours.fingerprint("1", "chip")
