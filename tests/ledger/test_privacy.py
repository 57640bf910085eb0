"""Nothing that was typed at enrolment stands in the chain, nor readable anywhere in the ledger's files."""

import unicodedata
from base64 import b64encode

import pytest

from agent.ledger.ledger import Ledger
from agent.ledger.members import profile_of
from tests.ledger.tills import draft, enrol, sale

NUMBER = "982600000006"
TYPED = {
    "name": "Ștefánia Quillfeather",
    "phone": "+44 7700 900123",
    "email": "quillfeather@example.org",
    "birthday": "1987-06-05",
}


@pytest.fixture
def enrolled(ledger: Ledger) -> Ledger:
    """A ledger with a member who has a card, was renamed, bought something and is on a slip."""
    enrol(ledger, "acc-1", TYPED, number=NUMBER)
    ledger.append(sale("op-1", account="acc-1"))
    renamed = ledger.keys.seal(TYPED | {"name": "Ștefánia Featherquill"}, subject="acc-1", account="acc-1")
    body = {"account": "acc-1"}
    ledger.append(draft("op-2", kind="profile_changed", body=body, profiles=(renamed,)))
    return ledger


def _forms(text: str) -> set[bytes]:
    """How a text, or what it is searched by, could stand in a file."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    digits = "".join(c for c in text if c.isdigit())
    words = {text, plain, *text.split(), *plain.split(), *(text.split("@"))}
    words |= {digits, digits[-9:]} if len(digits) > 5 else set()
    cased = {form for word in words for form in (word, word.lower(), word.upper())}
    encoded = {form.encode(coding) for form in cased if len(form) > 4 for coding in ("utf-8", "utf-16-le")}
    return encoded | {b64encode(form)[:-4] for form in encoded if len(form) > 12}


LOOKED_FOR = [(name, form) for name, text in (*TYPED.items(), ("card", NUMBER)) for form in sorted(_forms(text))]


def test_the_search_would_find_what_it_looks_for() -> None:
    found = {form for _, form in LOOKED_FOR}

    assert {b"quillfeather", b"Quillfeather", b"700900123", NUMBER.encode(), b"1987-06-05"} <= found
    assert "Ștefánia".encode() in found
    assert b"Stefania" in found
    assert len(found) > 30


def test_no_entry_holds_anything_that_was_typed_at_enrolment(enrolled: Ledger) -> None:
    with enrolled.reading() as conn:
        entries = [bytes(data) for (data,) in conn.execute("SELECT bytes FROM entry")]

    assert len(entries) == 4
    assert [(name, form) for data in entries for name, form in LOOKED_FOR if form in data] == []


def test_no_file_of_the_till_holds_anything_that_was_typed_at_enrolment(enrolled: Ledger) -> None:
    before = {file.name: file.read_bytes() for file in enrolled.path.parent.iterdir()}
    enrolled.checkpoint()
    after = {file.name: file.read_bytes() for file in enrolled.path.parent.iterdir()}

    assert set(before) >= {"ledger.db", "ledger.db-wal", "ledger.db-shm", "keys.db"}
    for files in (before, after):
        found = [(file, name, form) for file, data in files.items() for name, form in LOOKED_FOR if form in data]
        assert found == []


def test_the_files_that_were_searched_hold_the_member_sealed(enrolled: Ledger) -> None:
    assert profile_of(enrolled, "acc-1") == TYPED | {"name": "Ștefánia Featherquill"}
    assert profile_of(enrolled, "card-of-acc-1") == {"number": NUMBER, "source": "number"}


def test_no_key_stands_in_the_ledgers_own_files(enrolled: Ledger) -> None:
    keys = [enrolled.keys.get(name) for name in ("acc-1", "lookup")]
    files = [file for file in enrolled.path.parent.iterdir() if file.name.startswith("ledger.db")]

    assert None not in keys
    assert [file.name for file in files for key in keys if key is not None and key in file.read_bytes()] == []
