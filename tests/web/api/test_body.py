import pytest

from agent.errors import InvalidError
from agent.web.api.body import Inexact, read_json, shown
from tests.web.till import WebTill, error_of


def test_what_json_says_is_read_exactly() -> None:
    assert read_json(b'{"a": [1, -2, "\\u0219", true, null, {"b": 9007199254740993}]}') == {
        "a": [1, -2, "ș", True, None, {"b": 9007199254740993}]
    }


@pytest.mark.parametrize(
    "number", ["1.0", "1e2", "-0.0", "1e400", "-1e400", "NaN", "Infinity", "-Infinity", "9" * 5000]
)
def test_a_number_that_is_no_integer_stays_what_was_sent(number: str) -> None:
    value = read_json(f'{{"a": {number}}}'.encode())["a"]

    assert isinstance(value, Inexact)
    assert value == number


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"[]",
        b"null",
        b'"text"',
        b"1",
        b'{"a": 1,}',
        b'{"a": 1} {"a": 1}',
        b"{'a': 1}",
        b'{"a": 01}',
        b'{"a": +1}',
        b'{"a": .5}',
        b'{"a": "\x00"}',
        b'\xff{"a": 1}',
        b'{"a": "\xc3"}',
        '{"a": 1}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidError):
        read_json(body)


@pytest.mark.parametrize("body", [b'{"op": 1, "op": 2}', b'{"op": 1, "op": 1}', b'{"a": [{"op": 1, "op": 2}]}'])
def test_a_key_that_stands_twice_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(InvalidError, match="the key op stands twice"):
        read_json(body)


def test_a_key_that_is_no_name_is_not_repeated() -> None:
    with pytest.raises(InvalidError) as refused:
        read_json(b'{"Ana Testova": 1, "Ana Testova": 2}')

    assert "Ana" not in str(refused.value)


def test_very_many_keys_are_read_in_good_time() -> None:
    body = "{" + ",".join(f'"k{i}": {i}' for i in range(60_000)) + ', "k59999": 1}'

    with pytest.raises(InvalidError, match="twice"):
        read_json(body.encode())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-5, "-5"),
        (2**63, "9223372036854775808"),
        (Inexact("1e400"), "1e400"),
        ("1.2345", '"1.2345"'),
        (True, "true"),
        (None, "null"),
        ("x" * 100, '"' + "x" * 39),
        (Inexact("9" * 100), "9" * 40),
        (4111111111111111, "(digits not repeated)"),
        ("4111 1111 1111 1111", "(digits not repeated)"),
        (["4111111111111111"], "(digits not repeated)"),
        (Inexact("4111111111111111.0"), "(digits not repeated)"),
    ],
)
def test_a_value_is_shown_short_and_without_a_payment_card(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"lines": [], "lines": []}', b"[" * 100_000, b"\xff"])
def test_over_http_a_malformed_body_is_an_error_in_our_form(till: WebTill, body: bytes) -> None:
    answer = till.send("sales", body)

    assert answer.status_code == 422
    assert error_of(answer)["code"] == "invalid"
