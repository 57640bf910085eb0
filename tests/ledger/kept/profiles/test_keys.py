import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from agent.errors import LedgerDamagedError, LedgerError
from agent.journal.sealed import digest
from agent.ledger.kept.profiles import Keys


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.db"


def test_the_keys_file_is_its_owners_alone(file: Path) -> None:
    Keys(file).close()

    assert file.stat().st_mode & 0o777 == 0o600


def test_keys_are_kept_across_a_restart(file: Path) -> None:
    with closing(Keys(file)) as keys:
        made, token = keys.get_or_make("a"), keys.token("phone", "1")
    with closing(Keys(file)) as keys:
        assert (keys.get("a"), keys.get_or_make("a"), keys.token("phone", "1")) == (made, made, token)


def test_a_key_is_written_before_it_is_used(file: Path) -> None:
    with closing(Keys(file)) as keys, closing(sqlite3.connect(file)) as other:
        made = keys.get_or_make("a")

        assert other.execute("SELECT key FROM key WHERE account = 'a'").fetchone() == (made,)


def test_the_keys_file_is_written_in_full_and_wiped_when_deleted_from(file: Path) -> None:
    with closing(Keys(file)) as keys:
        pragmas = ("journal_mode", "synchronous", "secure_delete")
        assert [keys._connected().execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas] == ["wal", 2, 1]


def test_every_account_has_a_key_of_its_own(file: Path) -> None:
    with closing(Keys(file)) as keys:
        assert len({keys.get_or_make(name) for name in "abc"} | {keys.get("lookup")}) == 4
        assert keys.get("nobody") is None


def test_threads_that_need_the_first_key_of_an_account_get_the_same(file: Path) -> None:
    with closing(Keys(file)) as keys:
        barrier, made = threading.Barrier(4), set[bytes]()

        def work() -> None:
            for i in range(20):
                barrier.wait()
                made.add(keys.get_or_make(f"a{i}"))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert made == {keys.get(f"a{i}") for i in range(20)}


def test_keys_opened_for_reading_make_none(file: Path) -> None:
    with closing(Keys(file)) as keys:
        token = keys.token("phone", "1")
    with closing(Keys(file, read_only=True)) as keys:
        assert keys.token("phone", "1") == token
        with pytest.raises(LedgerError, match="readonly"):
            keys.get_or_make("a")


def test_keys_without_their_lookup_key_cannot_be_read(file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE key (account TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT")
    with pytest.raises(LedgerDamagedError, match=r"keys 'keys.db' holds no lookup key"):
        Keys(file, read_only=True)


def test_a_profile_is_sealed_under_the_key_of_its_account(file: Path) -> None:
    with closing(Keys(file)) as keys:
        made = keys.seal({"name": "Ada"}, subject="card-1", account="a")

        assert made.digest == digest(made.sealed)
        assert keys.unseal(made.sealed, subject="card-1", account="a") == {"name": "Ada"}
        assert keys.unseal(made.sealed, subject="card-1", account="nobody") is None


def test_the_same_profile_is_never_sealed_to_the_same_bytes(file: Path) -> None:
    with closing(Keys(file)) as keys:
        sealed = {keys.seal({"name": "Ada"}, subject="a", account="a").sealed for _ in range(20)}

    assert len(sealed) == 20


def test_a_token_depends_on_the_till_the_kind_and_the_value(tmp_path: Path) -> None:
    with closing(Keys(tmp_path / "one.db")) as one, closing(Keys(tmp_path / "two.db")) as two:
        found = {one.token("phone", "1"), one.token("name", "1"), one.token("phone", "2"), two.token("phone", "1")}

    assert len(found) == 4


def test_a_name_has_shorter_tokens_than_what_is_recognised_without_a_look(file: Path) -> None:
    with closing(Keys(file)) as keys:
        sizes = {
            kind: len(keys.token(kind, "x")) for kind in ("name", "gap", "sound", "phone", "email", "number", "chip")
        }

    assert sizes == {"name": 8, "gap": 8, "sound": 8, "phone": 16, "email": 16, "number": 16, "chip": 16}


def test_a_profile_that_was_emptied_opens_to_nothing(file: Path) -> None:
    with closing(Keys(file)) as keys:
        keys.get_or_make("a")

        assert keys.unseal(b"", subject="a", account="a") is None


def test_a_destroyed_key_stands_in_no_file_once_that_was_wiped(file: Path) -> None:
    with closing(Keys(file)) as keys:
        made = {name: keys.get_or_make(name) for name in (f"account-{number}" for number in range(300))}
        gone = {name: key for at, (name, key) in enumerate(made.items()) if at % 3}
        keys.destroy(gone)
        before = b"".join(found.read_bytes() for found in file.parent.iterdir())
        assert keys.wipe()
        after = b"".join(found.read_bytes() for found in file.parent.iterdir())

        assert [keys.get(name) for name in made] == [None if name in gone else key for name, key in made.items()]
    assert [key for key in gone.values() if key in before] != []
    assert [key for key in gone.values() if key in after] == []
    assert [key for key in made.values() if key not in gone.values() and key not in after] == []


def test_keys_that_somebody_reads_are_wiped_later(file: Path) -> None:
    with closing(Keys(file)) as keys, closing(sqlite3.connect(file, isolation_level=None)) as reader:
        keys.get_or_make("a")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM key").fetchone()
        keys.destroy(["a"])

        assert not keys.wipe()
        reader.execute("COMMIT")
        assert keys.wipe()
