"""Two tills that changed the profile of one member: the later shows, the other is kept, sealed, and seen by people."""

import json
import secrets
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from agent.journal.batch import SealedProfile
from agent.journal.feed import MemberRow
from agent.journal.sealed import digest, seal, unseal, unwrap_key, wrap_key
from hq.books.reconcile import reconcile
from hq.books.totals import PROFILES
from hq.books.worker import advance, rebuild
from hq.cli import app
from hq.clock import now_ms
from hq.database import Database
from hq.keys import Keys
from hq.members.showing import show
from hq.tables import other_value, profile_field, record, sealed
from tests.hq.visitor import Visitor

pytestmark = pytest.mark.databases("sqlite", "postgresql")

KEY = secrets.token_bytes(32)


def tell(till: Visitor, op: str, *, key: bytes = KEY, heard_ms: int = 0, **content: Any) -> None:
    """Let a till say what the profile of member `a` is, and book it."""
    data = seal(content, subject="a", key=key, nonce=secrets.token_bytes(12))
    profile = SealedProfile("a", data, wrap_key(key, till.hq_keys.profile.public_key()))
    body: dict[str, Any] = {"account": "a", "card": None, "opens": op == "begin", "effects": [], "referred_by": None}
    named = (("a", digest(data)),)
    till.append(profile, op=op, kind="enrolment", body=body, profiles=named, clock={"hq_ms": heard_ms})
    till.send(len(till.items), len(till.items))
    while advance(till.database, till.hq_keys):
        pass


@pytest.fixture
def other(till: Visitor, hq_keys: Keys) -> Visitor:
    visitor = Visitor(till.database, hq_keys, "2")
    visitor.enrol()
    return visitor


@pytest.fixture
def told(till: Visitor, other: Visitor) -> Visitor:
    """A till that said another phone number than the other till did, which did not know."""
    tell(till, "begin", name="Ada", phone="1", email=None)
    tell(till, "mail", name="Ada", phone="1", email="ada@example.com")
    tell(other, "phone", key=secrets.token_bytes(32), name="Ada", phone="2", email=None)
    return other


def _profile(asking: Visitor) -> dict[str, Any]:
    """The profile of the member as the feed tells it."""
    (row,) = (row for row in asking.feed().rows if isinstance(row, MemberRow))
    (found,) = row.profiles
    assert found.wrapped_key is not None
    return unseal(found.sealed, subject="a", key=unwrap_key(found.wrapped_key, asking.profile_key))


def test_the_later_shows_field_by_field_and_every_till_hears_of_it(told: Visitor, till: Visitor) -> None:
    for one in (told, till):
        assert _profile(one) == {"name": "Ada", "phone": "2", "email": "ada@example.com"}


def test_a_profile_that_was_put_together_is_always_the_same_bytes(told: Visitor) -> None:
    one, two = (next(row for row in told.feed().rows if isinstance(row, MemberRow)).profiles[0] for _ in range(2))

    assert one.sealed == two.sealed


def test_each_consent_is_a_field_of_its_own(till: Visitor, other: Visitor) -> None:
    tell(till, "begin", name="Ada", consents={"offers/email": True})
    tell(till, "no", name="Ada", consents={"offers/email": False})
    tell(other, "sms", name="Ada", consents={"offers/email": True, "offers/sms": True})

    assert _profile(other) == {"name": "Ada", "consents": {"offers/email": False, "offers/sms": True}}


def test_the_other_value_is_shown_to_people_with_its_till(told: Visitor, hq_keys: Keys, folder: Path) -> None:
    with told.database.read() as conn:
        (other,) = show(conn, "a", keys=hq_keys).others
    words = ["members", "show", "--account", "a", "--dir", str(folder)]

    assert (other.field, other.value, other.till) == ("phone", "1", "corner/1")
    assert "till corner/1 said 1" in CliRunner().invoke(app, words).stdout
    assert json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)["profiles"]["a"]["phone"] == "2"
    listed = CliRunner().invoke(app, ["members", "contradicted", "--dir", str(folder)])
    assert (listed.stdout, listed.exit_code) == ("a\n", 1)


def test_the_day_of_its_till_has_something_to_look_at(told: Visitor) -> None:
    with told.database.read() as conn:
        days = {row.till: row for row in reconcile(conn, date(2026, 1, 2))}

    assert days["corner/1"].flags == (PROFILES,)
    assert not days["corner/1"].settled
    assert days["corner/2"].flags == ()


def test_who_knew_settles_it(told: Visitor, till: Visitor, folder: Path) -> None:
    tell(till, "settled", heard_ms=now_ms() + 3_600_000, name="Ada", phone="1", email="ada@example.com")

    assert _profile(till)["phone"] == "1"
    assert CliRunner().invoke(app, ["members", "contradicted", "--dir", str(folder)]).exit_code == 0


def test_nothing_of_a_value_is_stored_in_the_clear(told: Visitor) -> None:
    with told.database.read() as conn:
        rows = [*conn.execute(select(other_value)), *conn.execute(select(profile_field)), *conn.execute(select(record))]

    assert all("@" not in str(row) for row in rows)
    assert len(rows) == 1 + 1 + 3  # the phone number is another, the address that of an earlier record


def test_x1_erasing_a_member_erases_what_was_kept_beside(told: Visitor, till: Visitor) -> None:
    till.append(op="erase", kind="member_erased", body={"account": "a"})
    till.send(3, 3)
    while advance(till.database, till.hq_keys):
        pass

    with told.database.read() as conn:
        for table in (other_value, profile_field, record, sealed):
            assert conn.scalar(select(func.count()).select_from(table)) == 0


def test_a_rebuild_finds_the_same(told: Visitor, database: Database, hq_keys: Keys) -> None:
    def kept() -> list[Any]:
        with database.read() as conn:
            return [sorted(map(tuple, conn.execute(select(table)))) for table in (other_value, profile_field)]

    before, shown = kept(), _profile(told)
    rebuild(database, hq_keys)

    assert kept() == before
    assert _profile(told) == shown


def test_a_record_that_does_not_open_changes_nothing(told: Visitor, till: Visitor) -> None:
    data = seal({"phone": "9"}, subject="a", key=KEY, nonce=secrets.token_bytes(12))
    foreign = SealedProfile("a", data, secrets.token_bytes(80))
    body: dict[str, Any] = {"account": "a", "card": None, "opens": False, "effects": [], "referred_by": None}
    till.append(foreign, op="noise", kind="enrolment", body=body, profiles=(("a", digest(data)),))
    till.send(3, 3)
    advance(till.database, till.hq_keys)

    assert _profile(told)["phone"] == "2"


def test_a_till_is_told_whole_profiles_of_members_of_its_shop_and_of_those_seen_there(
    till: Visitor, hq_keys: Keys
) -> None:
    tell(till, "begin", name="Ada", phone="1", email=None)
    away = Visitor(till.database, hq_keys, "1", shop="harbour")
    away.enrol()

    def whole(asking: Visitor) -> bool:
        return next(row for row in asking.feed().rows if isinstance(row, MemberRow)).whole

    assert whole(till)
    assert not whole(away)
    away.append(op="seen", kind="something", body={"account": "a"})
    away.send()
    advance(till.database, hq_keys)
    assert whole(away)
