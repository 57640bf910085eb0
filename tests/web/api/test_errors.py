from pathlib import Path

import orjson
import pytest

from agent import errors
from agent.slips.texts import phrase
from agent.web.api.errors import BankCardError, DoorError, InternalError, error_response, status_of
from tests.web.till import LINE, error_of, serve


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidError("x"), 422),
        (BankCardError("x"), 422),
        (errors.UnknownError("x"), 404),
        (errors.OpConflictError("x"), 409),
        (errors.NotAllowedError("x"), 409),
        (errors.InsufficientError("x"), 409),
        (errors.EntryTooLargeError("x"), 422),
        (errors.LedgerError("x"), 503),
        (errors.OutcomeUnknownError("x"), 503),
        (errors.ConfigError("x"), 500),
        (InternalError("x"), 500),
    ],
)
def test_every_kind_of_error_has_its_status(error: errors.TallyError, status: int) -> None:
    assert status_of(error) == status


@pytest.mark.parametrize("kind", DoorError.__subclasses__())
def test_every_refusal_at_the_door_has_a_hint_of_its_own(kind: type[DoorError]) -> None:
    assert 400 <= kind.status <= 500
    assert kind.hint != errors.TallyError.hint
    assert kind.__doc__


def test_an_error_is_a_code_a_message_and_a_hint() -> None:
    answer = error_response(errors.InsufficientError("cannot redeem 5", hint="offer at most 3"))

    expected = {
        "code": "insufficient",
        "message": "cannot redeem 5",
        "text": "cannot redeem 5",
        "hint": "offer at most 3",
    }
    assert orjson.loads(answer.body) == {"error": expected}


def test_a_refusal_is_said_in_the_language_of_who_asks_and_its_message_stays_english() -> None:
    error = errors.NotAllowedError("sale 'S-1' has a member already", said=errors.Said("sale_has_member"))

    answer = orjson.loads(error_response(error, language="fr").body)["error"]

    assert answer["message"] == "sale 'S-1' has a member already"
    assert answer["text"] == phrase("refusal_sale_has_member", {}, "", "fr").text != "That sale has a member already"


def test_a_payment_card_that_got_into_a_message_does_not_get_out() -> None:
    answer = error_response(errors.InvalidError("article '4111111111111111' is none"))

    assert b"4111111111111111" not in answer.body


def test_a_ledger_that_cannot_be_trusted_is_said_so_and_the_status_stays_readable(tmp_path: Path) -> None:
    with serve(tmp_path) as till:
        till.board.show("sync", lambda: {"word": "met"})
        till.shop.ledger.close()

        answer = till.pos.post("/v1/preview", json={"lines": [LINE]})

        assert answer.status_code == 503
        assert error_of(answer)["code"] == "ledger"
        assert till.pos.get("/v1/status").json()["sync"] == {"word": "met"}
