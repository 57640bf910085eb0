import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from agent.errors import ConfigError, ProgrammeError
from agent.journal.feed import ProgrammeRow
from hq import config, founding, keys
from hq.clock import now_ms
from hq.database import Database
from hq.publish.programmes import put
from hq.tables import meta, till
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


@pytest.mark.databases("sqlite", "postgresql")
def test_a_headquarters_is_not_founded_in_the_database_of_another(folder: Path, tmp_path: Path) -> None:
    """Whoever founds it in another folder would have other keys."""
    there = str(config.load(folder).database)

    with pytest.raises(ConfigError, match="already"):
        founding.found(tmp_path / "second", name="HQ", shop="corner", programme=PROGRAMME, database=there)

    assert not (tmp_path / "second" / "hq.toml").exists()


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


class TestRecovery:
    @pytest.fixture
    def burnt(self, folder: Path, tmp_path: Path) -> Path:
        """What is left of a headquarters: hq.toml and the database; the root key was taken away in time."""
        (folder / "root.key").rename(tmp_path / "safe.key")
        shutil.rmtree(folder / "keys")
        return folder

    def test_programme_files_come_from_the_database_unless_they_are_there(
        self, burnt: Path, database: Database, tmp_path: Path
    ) -> None:
        path = config.load(burnt).shops[0].programme
        other = PROGRAMME.read_bytes().replace(b"Corner Shop Club", b"Other Club")
        with database.write() as conn:
            put(conn, "corner", ProgrammeRow(other, 1, b"s" * 64, b"{}"))

        founding.recover(burnt, root_file=tmp_path / "safe.key")
        assert path.read_bytes() == PROGRAMME.read_bytes()
        path.unlink()
        shutil.rmtree(burnt / "keys")
        founding.recover(burnt, root_file=tmp_path / "safe.key")
        assert path.read_bytes() == other

    def test_a_clock_behind_the_books_needs_a_serial_by_hand(
        self, burnt: Path, database: Database, tmp_path: Path
    ) -> None:
        hour_ahead = now_ms() + 3_600_000
        with database.write() as conn:
            conn.execute(till.insert().values(_till_heard_at(hour_ahead)))

        with pytest.raises(ConfigError, match="clock is behind the last contact"):
            founding.recover(burnt, root_file=tmp_path / "safe.key")
        founding.recover(burnt, root_file=tmp_path / "safe.key", serial=hour_ahead + 1)

        assert {row.serial for row in keys.show(burnt / "keys")} == {hour_ahead + 1}

    def test_a_database_without_sealed_keys_says_so(self, burnt: Path, database: Database, tmp_path: Path) -> None:
        with database.write() as conn:
            conn.execute(delete(meta).where(meta.c.key == "keys.sealed"))

        with pytest.raises(ConfigError, match="no keys sealed for the root key"):
            founding.recover(burnt, root_file=tmp_path / "safe.key")


def _till_heard_at(at_ms: int) -> dict[str, Any]:
    numbers = {"enrolled_ms": at_ms, "contact_ms": at_ms, "counter": 0, "status": 0}
    texts = {"id": "corner/1", "shop": "corner", "nonce": "", "answer_type": ""}
    return {**numbers, **texts, **dict.fromkeys(("key", "profile_key", "request", "answer"), b"")}
