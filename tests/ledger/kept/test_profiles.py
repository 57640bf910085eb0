import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.errors import LedgerDamagedError, LedgerError
from agent.journal.sealed import digest
from agent.ledger.kept.profiles import Keys, name_parts, phone_digits


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
        assert [keys._conn.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas] == ["wal", 2, 1]


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


@pytest.mark.parametrize(
    ("profile", "tokens"),
    [
        ({}, []),
        ({"name": None, "phone": None}, []),
        ({"name": "", "phone": "", "number": ""}, []),
        ({"name": "Ada Ada"}, [("name", "ada")]),
        ({"phone": "+44 7700 900123"}, [("phone", "700900123")]),
        ({"phone": "none"}, []),  # or everybody without a number would answer to every search without one
        ({"number": "982600000006", "source": "number"}, [("number", "982600000006")]),
        ({"number": "04AABB", "source": "chip"}, [("chip", "04AABB")]),
        ({"email": "ada@example.org"}, []),
    ],
)
def test_a_profile_is_found_by_its_name_phone_and_card(
    file: Path, profile: dict[str, Any], tokens: list[tuple[str, str]]
) -> None:
    with closing(Keys(file)) as keys:
        assert keys.tokens(profile) == tuple(keys.token(kind, value) for kind, value in tokens)


@pytest.mark.parametrize(
    "written",
    ["07700 900123", "+44 7700 900123", "0044 7700 900123", "+44 (0)7700 900-123", "(07700)900123", "7700900123"],
)
def test_a_phone_number_is_the_same_however_it_is_written(written: str) -> None:
    assert phone_digits(written) == "700900123"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ada Lovelace", ["ada", "lovelace"]),
        ("  ADA   lovelace ", ["ada", "lovelace"]),
        ("José Núñez", ["jose", "nunez"]),
        ("Jose\u0301", ["jose"]),  # the accent as a character of its own
        ("Ștefan Țîrcă", ["stefan", "tirca"]),
        ("Weiß", ["weiss"]),
        ("O'Neill-Smith", ["neill", "o", "smith"]),
        ("Μαρία", ["μαρια"]),
        ("", []),
        ("...", []),
    ],
)
def test_a_name_is_its_words_without_case_and_accents(name: str, parts: list[str]) -> None:
    assert list(name_parts(name)) == parts
