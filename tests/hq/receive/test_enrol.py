import re
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from agent.errors import ConfigError, NotAllowedError
from agent.journal.entry import encode
from agent.journal.wire.enrolling import Enrolment
from agent.journal.wire.signing import ENROLLING
from hq.database import Database
from hq.keys import Keys
from hq.receive.enrol import ALPHABET, GUESSES_MAX, WRONG_MAX, Code, make_code
from hq.receive.signatures import Answer
from hq.tables import enrol_code, flag, guess, till
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
    for letter in ALPHABET[:WRONG_MAX]:
        wrong = code[:5] + letter * 4 + code[9:]
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


def _guess(visitor: Visitor, source: str, code: str = "AAAA-BBBB-CCCC-DDDD") -> Answer:
    """Show a code from an address."""
    keys = (key.public_key().public_bytes_raw() for key in (visitor.key, visitor.profile_key))
    body = encode(Enrolment(code, visitor.till, *keys).to_map())
    request = visitor.request("enrol", body, nonce="none.0.x", key_id=ENROLLING)
    return visitor.ask(replace(request, source=source))


def test_who_guesses_is_not_listened_to_for_an_hour(
    newcomer: Visitor, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    code = _code(database).code
    for _ in range(GUESSES_MAX):
        assert "not known here" in refused(_guess(newcomer, "192.0.2.7"), 401)

    assert "too many wrong codes" in refused(_guess(newcomer, "192.0.2.7", code), 401)
    assert _guess(newcomer, "192.0.2.8", code).status == 200  # another address is not kept out
    assert sum("192.0.2.7" in record.getMessage() for record in caplog.records) == GUESSES_MAX + 1


def test_after_an_hour_he_may_try_again(newcomer: Visitor, database: Database) -> None:
    code = _code(database).code
    for _ in range(GUESSES_MAX):
        _guess(newcomer, "192.0.2.7")
    with database.write() as conn:
        conn.execute(update(guess).values(since_ms=guess.c.since_ms - 3_600_000))

    assert _guess(newcomer, "192.0.2.7", code).status == 200


def test_every_wrong_code_is_flagged_with_the_till_it_was_for(newcomer: Visitor, database: Database) -> None:
    code = _code(database).code
    _guess(newcomer, "192.0.2.7", code[:5] + "0000" + code[9:])
    _guess(newcomer, "192.0.2.7")

    with database.read() as conn:
        flags = conn.execute(select(flag.c.till, flag.c.what, flag.c.times, flag.c.detail).order_by(flag.c.till)).all()
    assert flags == [
        ("corner/1", "enrolment", 1, "wrong secret, shown from 192.0.2.7"),
        ("hq", "enrolment", 1, "no such code, shown from 192.0.2.7"),
    ]
