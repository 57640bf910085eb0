from typing import Any

import pytest

from agent.errors import JournalError
from agent.journal.entry import Posting, encode_entry
from hq.books.reading import Money, accounts_of, read_entry
from hq.tables import redemption, refund, refund_line, sale, sale_line, undone
from tests.hq.visitor import entry, moved, refund_body, sale_body

TILL, EPOCH = "corner/1", "e" * 32
REDEMPTION = {"account": "a", "card": None, "reward": "r", "unit": "points", "units": 5, "value": 5, "free": False}


def _read(**fields: Any) -> Any:
    return read_entry(encode_entry(entry(TILL, EPOCH, 1, **fields)), till=TILL, epoch=EPOCH, seq=1)


def test_a_sale_is_its_lines_and_its_money() -> None:
    reading = _read(kind="sale", op="receipt-1", body=sale_body("a", 500))

    assert reading.rows[sale][0]["op"] == "receipt-1"
    assert reading.rows[sale_line] == [
        {"line": 0, "article": "mug", "category": None, "quantity": 1000, "amount": 500, "tax": 0}
    ]
    assert reading.money == Money("a", "GBP", sold=500)


def test_a_refund_is_its_lines_and_what_was_given_back() -> None:
    body = refund_body(None, 300)
    body["lines"].append({"sale": "receipt-1", "line": 2, "article": "cup", "quantity": 500, "amount": 100})

    reading = _read(kind="refund", body=body)

    assert reading.rows[refund][0]["money"] == 300
    assert [(row["sale"], row["sale_line"]) for row in reading.rows[refund_line]] == [(None, None), ("receipt-1", 2)]
    assert reading.money == Money(None, "GBP", returned=300)


def test_a_redemption_and_its_undoing_are_rows() -> None:
    assert _read(kind="redemption", body=REDEMPTION).rows[redemption][0]["units"] == 5
    assert _read(kind="redemption_undone", body={"redemption": "op-9"}).rows[undone] == [{"redemption": "op-9"}]


def test_a_kind_unknown_here_is_its_postings() -> None:
    reading = _read(kind="hologram", postings=moved("a", 7), body={"anything": [1, {"at": "all"}]})

    assert reading.rows == {}
    assert reading.changes.lots == {("a", "points", "l1", None): 7}


@pytest.mark.parametrize(
    ("fields", "accounts"),
    [
        ({"kind": "card_opened", "body": {"account": "a", "card": "c"}}, {"a"}),
        ({"kind": "enrolment", "body": {"account": "a", "card": None, "opens": True}}, {"a"}),
        ({"kind": "accounts_joined", "body": {"account": "a", "into": "b"}}, {"a", "b"}),
        ({"kind": "sale", "body": sale_body("a", 5)}, {"a"}),
        ({"kind": "sale", "body": sale_body(None, 5)}, set()),
        ({"kind": "hologram", "postings": moved("z", 1)}, {"z"}),
    ],
)
def test_the_accounts_an_entry_speaks_of(fields: dict[str, Any], accounts: set[str]) -> None:
    assert set(accounts_of(_read(**fields))) == accounts


@pytest.mark.parametrize(
    "fields",
    [
        {"seq": 2},
        {"till": "corner/2"},
        {"epoch": "f" * 32},
        {"postings": moved("a", 7)[:1]},
        {"postings": (Posting("points", "issuance", -1), Posting("spend", "issuance", 1))},
        {"kind": "sale", "body": {}},
        {"kind": "sale", "body": sale_body("a", 5) | {"total": "5"}},
        {"kind": "sale", "body": sale_body("a", 5) | {"total": True}},
        {"kind": "sale", "body": sale_body("a", 5, lines=None)},
        {"kind": "sale", "body": sale_body("a", 5, lines=["mug"])},
        {"kind": "sale", "body": sale_body("a", 5) | {"account": 7}},
        {"kind": "sale", "body": sale_body("a", 5, currency=None)},
        {"kind": "refund", "body": refund_body("a", 5) | {"money": None}},
        {"kind": "redemption", "body": REDEMPTION | {"units": "5"}},
        {"kind": "redemption_undone", "body": {}},
        {"kind": "card_opened", "body": {"account": "a"}},
        {"kind": "accounts_joined", "body": {"account": "a"}},
    ],
)
def test_what_does_not_hold_cannot_be_read(fields: dict[str, Any]) -> None:
    with pytest.raises(JournalError):
        _read(**fields)


@pytest.mark.parametrize("text", ["\0", "a\0", "\\\0"])
def test_a_text_with_nul_cannot_be_read_because_not_every_database_can_hold_it(text: str) -> None:
    with pytest.raises(JournalError, match="NUL"):
        _read(kind="hologram", body={"x": text})


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "u0000", "\x01", "\\\x01"])
def test_a_text_that_only_looks_like_nul_can(text: str) -> None:
    assert _read(kind="hologram", body={"x": text}).entry.body == {"x": text}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b'{"v":1}',
        encode_entry(entry(TILL, EPOCH, 1)) + b" ",
        encode_entry(entry(TILL, EPOCH, 1)).replace(b'"seq":1', b'"seq":1.0'),
        encode_entry(entry(TILL, EPOCH, 1)).replace(b'"body":{}', b'"body":{},"body":{}'),
        b"[" * 100_000,
    ],
)
def test_bytes_that_are_not_canonical_cannot_be_read(data: bytes) -> None:
    with pytest.raises(JournalError):
        read_entry(data, till=TILL, epoch=EPOCH, seq=1)
