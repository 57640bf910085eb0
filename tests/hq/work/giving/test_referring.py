"""Friends who came with a code that their till did not know."""

import secrets
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from agent.journal.batch import SealedProfile
from agent.journal.sealed import digest, seal, wrap_key
from hq.books.totals import books
from hq.books.worker import rebuild
from hq.database import Database
from hq.keys import Keys
from hq.tables import account, lot
from hq.work.due import Work
from tests.hq.visitor import Visitor
from tests.hq.work.conftest import TERMS, arrive, own_entries, put_in_force

pytestmark = pytest.mark.databases("sqlite", "postgresql")

REFERRER, FRIEND = "c3mobyiptk6arv4f", "zzfriendzzfriend"
CODE = REFERRER[:8]
SIGN_UP = (
    TERMS
    + b"""
[[referrals]]
id = "bring"
label = "Friends"
unit = "points"
on = "sign-up"
referrer = 500
friend = 200
"""
)
PURCHASE = SIGN_UP.replace(b'"sign-up"', b'"first-purchase"')


def joined_up(till: Visitor, who: str, *, code: str | None = None, phone: str | None = None) -> None:
    """Enrol a member at a till, with a code that it does not know if one is given."""
    by = None if code is None else {"account": None, "code": code}
    body: dict[str, Any] = {"account": who, "card": None, "effects": [], "opens": True, "referred_by": by}
    key = secrets.token_bytes(32)
    data = seal({"name": "x", "phone": phone}, subject=who, key=key, nonce=secrets.token_bytes(12))
    profile = SealedProfile(who, data, wrap_key(key, till.hq_keys.profile.public_key()))
    till.append(profile, op=f"join-{who}", kind="enrolment", body=body, profiles=((who, digest(data)),))


def held(database: Database) -> dict[tuple[str, str], int]:
    with database.read() as conn:
        return {(row.account, row.unit): row.amount for row in conn.execute(select(lot)) if row.amount}


def run(work: Work, till: Visitor) -> str:
    """Let what the till has arrive and the job run, and return what became of the referrals."""
    arrive(till)
    (done,) = work.run(only="referrals")
    assert done.outcome == "done"
    return done.detail


@pytest.fixture
def club(work: Work) -> Work:
    put_in_force(work.database, SIGN_UP)
    return work


def test_both_get_what_the_programme_says_once_it_is_known_whose_code_it_is(
    club: Work, till: Visitor, hq_keys: Keys
) -> None:
    joined_up(till, FRIEND, code=CODE)
    assert run(club, till) == "0 judged, 1 wait for whose code it is"
    other = Visitor(till.database, hq_keys, "2")
    other.enrol()
    joined_up(other, REFERRER)
    arrive(other)

    assert again(club) == "1 judged, 0 wait for whose code it is"

    assert held(club.database) == {(REFERRER, "points"): 500, (FRIEND, "points"): 200}
    assert again(club) == "0 judged, 0 wait for whose code it is"
    (entry,) = own_entries(club.database, "referral_judged")
    assert (entry.body["account"], entry.body["referrer"]) == (FRIEND, REFERRER)
    with club.database.read() as conn:
        assert books(conn).balanced
    before = held(club.database)
    rebuild(club.database, hq_keys)
    again(club)
    assert held(club.database) == before


def again(work: Work) -> str:
    """Do the job once more, as the next day would."""
    (job,) = (one for one in work.jobs() if one.name == "referrals")
    return job.act(date(2026, 1, 3)).detail


def test_what_the_first_purchase_brings_is_there_for_the_next_one(club: Work, till: Visitor) -> None:
    put_in_force(club.database, PURCHASE)
    joined_up(till, REFERRER)
    joined_up(till, FRIEND, code=CODE)

    assert run(club, till) == "1 judged, 0 wait for whose code it is"

    assert held(club.database) == {(FRIEND, "bring.by"): 1}


def test_nobody_brings_himself_by_one_phone_number(club: Work, till: Visitor) -> None:
    joined_up(till, REFERRER, phone="+44 20 7946 0001")
    joined_up(till, FRIEND, code=CODE, phone="020 7946 0001")

    assert run(club, till) == "1 judged, 0 wait for whose code it is"

    assert held(club.database) == {}


@pytest.mark.parametrize("status", ["provisional", "blocked"])
def test_who_is_no_member_yet_is_waited_for_and_who_is_none_any_more_brings_nobody(
    club: Work, till: Visitor, status: str
) -> None:
    joined_up(till, REFERRER)
    joined_up(till, FRIEND, code=CODE)
    arrive(till)
    with club.database.write() as conn:
        conn.execute(account.update().where(account.c.id == REFERRER).values(status=status))

    waits = status == "provisional"
    assert again(club) == f"{int(not waits)} judged, {int(waits)} wait for whose code it is"
    assert held(club.database) == {}


@pytest.mark.parametrize("code", ["", "zz", "%", "nobodyis"])
def test_a_code_of_nobody_or_of_several_waits(club: Work, till: Visitor, code: str) -> None:
    joined_up(till, "zzothermember234")
    joined_up(till, FRIEND, code=code)

    assert run(club, till) == "0 judged, 1 wait for whose code it is"
