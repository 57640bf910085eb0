from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from agent.errors import ConfigError
from agent.journal.trust import Delegation, Role
from hq import keys
from hq.clock import now_ms
from hq.keys.files import pem
from hq.keys.online import next_serial

ONLINE = ["feed.key", "programme.key", "release.key"]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    (tmp_path / "sealed").write_bytes(keys.make(tmp_path / "keys", root_file=tmp_path / "root.key"))
    return tmp_path


def test_the_root_key_speaks_for_an_online_key_of_each_role(made: Path) -> None:
    loaded, rows = keys.load(made / "keys"), list(keys.show(made / "keys"))

    for key, role in ((loaded.feed, Role.FEED), (loaded.programme, Role.PROGRAMME)):
        delegation = Delegation.check(key.delegation, root=loaded.root, role=role)
        assert delegation.key == key.private.public_key().public_bytes_raw()
    assert [row.role for row in rows] == [Role.FEED, Role.PROGRAMME, Role.RELEASE]
    assert len({row.fingerprint for row in rows}) == 3
    assert abs(rows[0].serial - now_ms()) < 60_000


def test_the_root_key_is_in_a_file_of_its_own_and_not_needed(made: Path) -> None:
    root = load_pem_private_key((made / "root.key").read_bytes(), None)
    (made / "root.key").unlink()

    loaded = keys.load(made / "keys")

    assert root.public_key().public_bytes_raw() == loaded.root  # type: ignore[union-attr]


def test_the_release_key_may_lie_elsewhere(made: Path) -> None:
    (made / "keys" / "release.key").unlink()

    keys.load(made / "keys")

    assert [row.role for row in keys.show(made / "keys")] == [Role.FEED, Role.PROGRAMME]


def test_nobody_else_may_read_a_key(made: Path) -> None:
    keys.rotate(made / "keys", Role.FEED, root_file=made / "root.key")
    files = [*(made / "keys").iterdir(), made / "root.key"]

    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}
    assert (made / "keys").stat().st_mode & 0o077 == 0


def test_a_key_is_never_overwritten(made: Path) -> None:
    before = {file.name: file.read_bytes() for file in (made / "keys").iterdir()}

    for name in ("root.key", "another.key"):
        with pytest.raises(ConfigError, match="never overwritten"):
            keys.make(made / "keys", root_file=made / name)
    with pytest.raises(ConfigError, match="never overwritten"):
        keys.recover(made / "keys", root_file=made / "root.key", sealed=(made / "sealed").read_bytes())

    assert {file.name: file.read_bytes() for file in (made / "keys").iterdir()} == before


@pytest.mark.parametrize("name", ["feed.key", "programme.key", "profile.key", "search.key", "root.pub"])
def test_a_missing_key_is_named(made: Path, name: str) -> None:
    (made / "keys" / name).unlink()

    with pytest.raises(ConfigError, match=name):
        keys.load(made / "keys")


@pytest.mark.parametrize("name", ONLINE)
def test_keys_of_two_headquarters_do_not_mix(made: Path, name: str) -> None:
    keys.make(made / "other", root_file=made / "other.key")
    (made / "keys" / name).write_bytes((made / "other" / name).read_bytes())

    with pytest.raises(ConfigError, match="the signature does not fit"):
        list(keys.show(made / "keys"))


def test_a_key_of_one_role_does_not_serve_in_another(made: Path) -> None:
    (made / "keys" / "programme.key").write_bytes((made / "keys" / "feed.key").read_bytes())

    with pytest.raises(ConfigError, match="delegated for the role 'feed'"):
        keys.load(made / "keys")


def test_a_delegation_of_another_key_is_refused(made: Path) -> None:
    loaded = keys.load(made / "keys")
    odd = keys.OnlineKey(Ed25519PrivateKey.generate(), loaded.feed.delegation)
    (made / "keys" / "feed.key").write_bytes(odd.pack())

    with pytest.raises(ConfigError, match="speaks for another key"):
        keys.load(made / "keys")


def test_a_fingerprint_says_nothing_without_the_search_key(made: Path) -> None:
    keys.make(made / "other", root_file=made / "other.key")
    ours, theirs = keys.load(made / "keys"), keys.load(made / "other")

    assert ours.fingerprint("1", "number") == ours.fingerprint("1", "number")
    assert ours.fingerprint("1", "number") != theirs.fingerprint("1", "number")
    assert ours.fingerprint("1", "number") != ours.fingerprint("1", "chip")


class TestRotation:
    @pytest.mark.parametrize("role", list(Role))
    def test_it_replaces_one_key_under_a_higher_serial(self, made: Path, role: Role) -> None:
        before = {row.role: row for row in keys.show(made / "keys")}

        row = keys.rotate(made / "keys", role, root_file=made / "root.key")

        after = {row.role: row for row in keys.show(made / "keys")}
        assert after[role] == row
        assert row.serial > before[role].serial
        assert {**before, role: row} == after

    def test_the_root_key_of_another_changes_nothing(self, made: Path) -> None:
        keys.make(made / "other", root_file=made / "other.key")
        (made / "x25519.key").write_bytes(pem(X25519PrivateKey.generate()))
        before = list(keys.show(made / "keys"))

        for name, why in (("other.key", "not this headquarters' root key"), ("x25519.key", "Ed25519"), ("no", "read")):
            with pytest.raises(ConfigError, match=why):
                keys.rotate(made / "keys", Role.FEED, root_file=made / name)

        assert list(keys.show(made / "keys")) == before

    def test_the_root_key_is_not_copied(self, made: Path) -> None:
        keys.rotate(made / "keys", Role.FEED, root_file=made / "root.key")

        root = load_pem_private_key((made / "root.key").read_bytes(), None)
        seed = root.private_bytes_raw()  # type: ignore[union-attr]
        assert not [file for file in (made / "keys").iterdir() if seed in file.read_bytes()]

    def test_a_lost_key_is_replaced_too(self, made: Path) -> None:
        (made / "keys" / "feed.key").unlink()

        keys.rotate(made / "keys", Role.FEED, root_file=made / "root.key")

        keys.load(made / "keys")

    def test_a_serial_by_hand_must_be_higher(self, made: Path) -> None:
        before = next(keys.show(made / "keys")).serial

        row = keys.rotate(made / "keys", Role.FEED, root_file=made / "root.key", serial=before + 10**6)
        with pytest.raises(ConfigError, match=f"must be above {row.serial}"):
            keys.rotate(made / "keys", Role.FEED, root_file=made / "root.key", serial=row.serial)

    def test_a_clock_that_went_back_does_not_lower_it(self) -> None:
        assert next_serial(now_ms=5, before=9) == 10
        assert next_serial(now_ms=50, before=9) == 50


class TestRecovery:
    def test_the_root_key_opens_what_cannot_be_made_again(self, made: Path) -> None:
        old = keys.load(made / "keys")

        keys.recover(made / "new", root_file=made / "root.key", sealed=(made / "sealed").read_bytes())

        new = keys.load(made / "new")
        assert (new.root, new.search) == (old.root, old.search)
        assert new.profile.private_bytes_raw() == old.profile.private_bytes_raw()
        assert new.feed.private.private_bytes_raw() != old.feed.private.private_bytes_raw()
        serials = [[row.serial for row in keys.show(made / name)] for name in ("keys", "new")]
        assert max(serials[0]) < min(serials[1])

    def test_another_root_key_opens_nothing(self, made: Path) -> None:
        keys.make(made / "other", root_file=made / "other.key")

        with pytest.raises(ConfigError, match="not the root key of the headquarters"):
            keys.recover(made / "new", root_file=made / "other.key", sealed=(made / "sealed").read_bytes())

        assert not (made / "new").exists()
