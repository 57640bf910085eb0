import random
import sqlite3
from contextlib import closing

import pytest

from agent.ledger.kept.profiles import rows
from agent.ledger.kept.profiles.finding import Found, by_name
from agent.ledger.kept.profiles.keys import NewProfile
from agent.ledger.ledger import Ledger
from tests.ledger.tills import enrol, opened

PEOPLE = 300


def _sweep(ledger: Ledger) -> int:
    """Sweep to the end and return in how many commits."""
    for commits in range(100):
        with ledger.write() as conn:
            if rows.is_swept(conn):
                return commits
            rows.sweep(conn)
    raise AssertionError("no sweep ends")


def _tokens(ledger: Ledger) -> int:
    with ledger.reading() as conn:
        return int(conn.execute("SELECT count(*) FROM search").fetchone()[0])


@pytest.fixture
def crowd(ledger: Ledger) -> dict[str, tuple[bytes, ...]]:
    """What the profiles of a crowd were found by, of which half are gone: of these."""
    made = {f"a{number}": tuple(random.randbytes(8) for _ in range(12)) for number in range(PEOPLE)}
    for account, tokens in made.items():
        with ledger.write() as conn:
            rows.put_profile(conn, NewProfile(account, account, random.randbytes(90), tokens))
    gone = list(made)[::2]
    with ledger.write() as conn:
        rows.drop_profiles(conn, gone)
    return {account: made[account] for account in gone}


def test_a_profile_that_is_gone_is_not_found_before_any_sweep(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Quillfeather"})
    enrol(ledger, "b", {"name": "Quillfeather"})
    with ledger.write() as conn:
        rows.drop_profiles(conn, ["a"])

    assert by_name(ledger, "quillfeather") == [Found("b", None)]


def test_the_number_of_a_profile_is_never_used_again(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Quillfeather"})
    with ledger.write() as conn:
        rows.drop_profiles(conn, ["a"])
    enrol(ledger, "b", {"name": "Ada"})

    assert by_name(ledger, "quillfeather") == []


def test_a_sweep_leaves_nothing_of_what_was_dropped_in_any_page(
    ledger: Ledger, crowd: dict[str, tuple[bytes, ...]]
) -> None:
    commits = _sweep(ledger)
    assert ledger.empty_wal()
    data = ledger.path.read_bytes()

    assert [token for tokens in crowd.values() for token in tokens if token in data] == []
    assert _tokens(ledger) == 12 * (PEOPLE - len(crowd))
    assert 4 < commits < 8  # twice


def test_who_stays_is_found_at_every_step_of_a_sweep(ledger: Ledger, crowd: dict[str, tuple[bytes, ...]]) -> None:
    enrol(ledger, "stays", {"name": "Quillfeather"})
    assert crowd
    for step in range(10):
        with ledger.write() as conn:
            rows.sweep(conn)
        enrol(ledger, f"new-{step}", {"name": f"Newcomer{step}"})

        assert by_name(ledger, "quillfeather") == [Found("stays", None)]
        assert by_name(ledger, f"newcomer{step}")[0] == Found(f"new-{step}", None)


def test_what_is_dropped_during_a_sweep_is_swept_by_the_next(
    ledger: Ledger, crowd: dict[str, tuple[bytes, ...]]
) -> None:
    with ledger.write() as conn:
        rows.sweep(conn)
        rows.drop_profiles(conn, [f"a{number}" for number in range(1, PEOPLE, 2)])
    assert crowd
    _sweep(ledger)

    assert _tokens(ledger) == 0


def test_nothing_is_swept_where_nothing_was_dropped(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Ada"})

    assert _sweep(ledger) == 0


def test_tokens_of_another_rule_are_made_anew_at_the_next_open(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Quillfeather", "phone": "07700900123"})
    with ledger.write() as conn:
        conn.execute("DELETE FROM search")
        conn.execute("DELETE FROM state WHERE key = 'search.rule'")
    ledger.close()
    with closing(opened(ledger.path)) as again:
        assert by_name(again, "qillfeather") == [Found("a", None)]


def test_the_ledger_of_a_version_before_keeps_its_profiles(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Quillfeather"})
    ledger.close()
    with closing(sqlite3.connect(ledger.path)) as conn:  # as m001 made these tables
        profiles = conn.execute("SELECT subject, account, sealed FROM profile").fetchall()
        conn.executescript(
            "DROP TABLE profile; DROP TABLE search; DELETE FROM _sqlite_migrations WHERE name LIKE '%_profiles';"
            "CREATE TABLE profile (subject TEXT PRIMARY KEY, account TEXT NOT NULL, sealed BLOB NOT NULL) STRICT;"
            "CREATE TABLE search (token BLOB NOT NULL, subject TEXT NOT NULL, account TEXT NOT NULL,"
            " PRIMARY KEY (token, subject)) STRICT, WITHOUT ROWID;"
            "DELETE FROM state WHERE key = 'search.rule';"
        )
        conn.executemany("INSERT INTO profile VALUES (?, ?, ?)", profiles)
        conn.commit()
    with closing(opened(ledger.path)) as again:
        assert by_name(again, "quillfeather") == [Found("a", None)]
