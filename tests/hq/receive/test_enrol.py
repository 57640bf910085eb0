import re

import pytest
from sqlalchemy import select, update

from agent.errors import ConfigError, NotAllowedError
from agent.journal.entry import encode
from agent.journal.wire import ENROLLING, Enrolment
from hq.database import Database
from hq.keys import Keys
from hq.receive.enrol import ALPHABET, WRONG_MAX, Code, make_code
from hq.tables import enrol_code, till
from tests.hq.headquarters import SHOP
from tests.hq.visitor import Visitor, enrolled, refused


def _code(database: Database, name: str = "1", *, lasts_s: int = 3600) -> Code:
    with database.write() as conn:
        return make_code(conn, shop=SHOP, name=name, lasts_s=lasts_s)


@pytest.fixture
def newcomer(database: Database, hq_keys: Keys) -> Visitor:
    return Visitor(database, hq_keys, "1")


def test_a_code_enrols_its_till(newcomer: Visitor, database: Database, hq_keys: Keys) -> None:
    told = enrolled(newcomer.enrol(_code(database).code))

    assert (told.till, told.hq_epoch, told.root) == ("corner/1", database.epoch, hq_keys.root)
    assert told.profile_key == hq_keys.profile.public_key().public_bytes_raw()
    with database.read() as conn:
        assert conn.execute(select(till.c.id, till.c.shop)).one() == ("corner/1", "corner")
    assert newcomer.where().positions == ()


def test_a_code_is_sixteen_letters_that_look_like_no_other(database: Database) -> None:
    code = _code(database).code

    assert re.fullmatch(f"([{ALPHABET}]{{4}}-){{3}}[{ALPHABET}]{{4}}", code)
    assert not set("ILOU") & set(ALPHABET)


def test_the_secret_is_kept_as_a_hash_only(database: Database) -> None:
    secret = _code(database).code.replace("-", "")[4:]

    with database.read() as conn:
        row = conn.execute(select(enrol_code)).one()
    assert secret.encode() not in row.secret_hash
    assert secret not in repr(row)


def test_a_code_may_be_typed_as_people_do(newcomer: Visitor, database: Database) -> None:
    code = _code(database).code.lower().replace("-", " ").replace("1", "l").replace("0", "o")

    assert newcomer.enrol(code).status == 200


def test_the_same_till_may_show_its_code_again(newcomer: Visitor, database: Database) -> None:
    code = _code(database).code

    answers = [enrolled(newcomer.enrol(code)) for _ in range(2)]

    assert answers[0].till == answers[1].till


def test_another_till_cannot_use_a_used_code(newcomer: Visitor, database: Database, hq_keys: Keys) -> None:
    code = _code(database).code
    newcomer.enrol(code)

    thief = Visitor(database, hq_keys, "1")

    assert "used by another till" in refused(thief.enrol(code), 401)
    assert newcomer.where().positions == ()


def test_a_code_ends(newcomer: Visitor, database: Database) -> None:
    code = _code(database, lasts_s=-1).code

    assert "too old" in refused(newcomer.enrol(code), 401)


def test_a_code_is_for_one_till(newcomer: Visitor, database: Database) -> None:
    code = _code(database, "2").code

    assert "is for till 'corner/2', not for 'corner/1'" in refused(newcomer.enrol(code), 401)


@pytest.mark.parametrize("code", ["", "AAAA", "AAAA-BBBB-CCCC-DDDD", "x" * 5000, "\N{SNOWMAN}" * 16])
def test_a_code_nobody_made_is_refused(newcomer: Visitor, database: Database, code: str) -> None:
    _code(database)

    assert "not known here" in refused(newcomer.enrol(code), 401)


def test_five_wrong_secrets_end_a_code(newcomer: Visitor, database: Database) -> None:
    code, other = _code(database).code, _code(database, "2").code
    for guess in range(WRONG_MAX):
        wrong = code[:5] + ALPHABET[guess] * 4 + code[9:]
        assert "not known here" in refused(newcomer.enrol(wrong), 401)

    assert "not known here" in refused(newcomer.enrol(code), 401)
    with database.read() as conn:
        assert conn.scalar(select(enrol_code.c.wrong).where(enrol_code.c.handle == other[:4])) == 0


def test_fewer_wrong_ones_do_not(newcomer: Visitor, database: Database) -> None:
    code = _code(database).code
    with database.write() as conn:
        conn.execute(update(enrol_code).values(wrong=WRONG_MAX - 1))

    assert newcomer.enrol(code).status == 200


def test_a_till_that_is_enrolled_gets_no_second_code(newcomer: Visitor, database: Database) -> None:
    newcomer.enrol(_code(database).code)

    with pytest.raises(NotAllowedError, match="enrolled already"):
        _code(database)


def test_of_two_codes_for_one_till_the_first_shown_counts(newcomer: Visitor, database: Database, hq_keys: Keys) -> None:
    first, second = _code(database).code, _code(database).code
    newcomer.enrol(first)

    assert "enrolled already" in refused(Visitor(database, hq_keys, "1").enrol(second), 401)


def test_who_does_not_hold_the_key_cannot_enrol_it(newcomer: Visitor, database: Database, hq_keys: Keys) -> None:
    other = Visitor(database, hq_keys, "1").key.public_key().public_bytes_raw()
    profile_key = newcomer.profile_key.public_key().public_bytes_raw()
    body = encode(Enrolment(_code(database).code, "corner/1", other, profile_key).to_map())

    answer = newcomer.ask(newcomer.request("enrol", body, nonce="none.0.x", key_id=ENROLLING))

    assert "signature does not hold" in refused(answer, 401)


def test_names_that_cannot_be_get_no_code(database: Database) -> None:
    with pytest.raises(ConfigError, match="till"):
        _code(database, "No Name")
