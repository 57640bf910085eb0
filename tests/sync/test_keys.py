from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.errors import LedgerDamagedError
from agent.sync.keys import load_keys, make_keys

SIGNING = Ed25519PrivateKey.generate()


def _raw(folder: Path) -> list[bytes]:
    keys = load_keys(folder)
    return [keys.signing.private_bytes_raw(), keys.profile.private_bytes_raw()]


def test_keys_are_made_once(tmp_path: Path) -> None:
    make_keys(tmp_path, signing=SIGNING)
    before = _raw(tmp_path)

    make_keys(tmp_path, signing=SIGNING)

    assert _raw(tmp_path) == before
    assert before[0] == SIGNING.private_bytes_raw()
    assert before[0] != before[1]


def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    make_keys(tmp_path, signing=SIGNING)

    assert {oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {"0o600"}


def test_making_them_goes_on_where_it_was_cut_short(tmp_path: Path) -> None:
    (tmp_path / "sync.key.part").write_bytes(b"half")

    make_keys(tmp_path, signing=SIGNING)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["profile.key", "sync.key"]


@pytest.mark.parametrize("name", ["sync.key", "profile.key"])
def test_a_missing_or_cut_key_is_named(tmp_path: Path, name: str) -> None:
    make_keys(tmp_path, signing=SIGNING)
    (tmp_path / name).write_bytes(b"short")
    with pytest.raises(LedgerDamagedError, match=f"{name}' has 5 bytes"):
        load_keys(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(LedgerDamagedError, match=name):
        load_keys(tmp_path)
