"""Nothing that was typed at enrolment stands in the chain, nor readable anywhere in the ledger's files."""

import logging
import unicodedata
from base64 import b64encode
from collections.abc import Iterator

import pytest

from agent.journal.batch import BATCH_BYTES_MAX, unpack
from agent.journal.wire.form import expand
from agent.ledger import audit
from agent.ledger.kept.forgetting import erasing
from agent.ledger.kept.in_flight import BODY
from agent.ledger.kept.profiles.finding import by_email, by_name, by_phone
from agent.ledger.kept.slip_queue import SlipQueue
from agent.ledger.ledger import Ledger
from agent.ledger.members import card_holder, holder, profile_of
from agent.loyalty.cards import Source
from tests.ledger.kept.forgetting.test_erasing import erased, send
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


PEOPLE = 60  # enough for the pages of profiles and search rows to split


@pytest.fixture
def crowd(enrolled: Ledger) -> Ledger:
    """The member among many others who came before and after."""
    for number in range(PEOPLE):
        enrol(enrolled, f"other-{number}", {"name": f"Somebody{number} Else", "phone": f"+4478009{number:05}"})
    enrol(enrolled, "acc-2", TYPED | {"name": "Ștefánia Quillfeather"}, number=NUMBER[:-1] + "7")  # and once more
    for number in range(PEOPLE, 2 * PEOPLE):
        enrol(enrolled, f"other-{number}", {"name": f"Somebody{number} Else"})
    return enrolled


def _secrets(ledger: Ledger) -> Iterator[bytes]:
    """Everything that is kept of the member: ciphertexts, keys, and what he is found by."""
    for account in ("acc-1", "acc-2"):
        key = ledger.keys.get(account)
        assert key is not None
        yield key
        with ledger.reading() as conn:
            rows = conn.execute("SELECT subject, sealed FROM profile WHERE account = ?", (account,)).fetchall()
        for subject, sealed in rows:
            yield bytes(sealed)
            yield from (bytes(sealed)[:24], bytes(sealed)[-24:])
            profile = profile_of(ledger, subject)
            assert profile is not None
            yield from (token for token in ledger.keys.tokens(profile) if token not in _shared(ledger))


def _shared(ledger: Ledger) -> set[bytes]:
    """What somebody else is found by, too."""
    return set(ledger.keys.tokens({"name": "Somebody Else"}))


def _found(ledger: Ledger, secrets: list[bytes]) -> list[tuple[str, bytes]]:
    """What of it stands in the till's files, by their names."""
    files = {file.name: file.read_bytes() for file in ledger.path.parent.iterdir()}
    typed = [form for _, form in LOOKED_FOR]
    return [(name, secret) for name, data in files.items() for secret in [*secrets, *typed] if secret in data]


def test_X1_after_an_erasure_no_file_of_the_till_holds_a_byte_of_the_member(
    crowd: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = list(_secrets(crowd))
    queue = SlipQueue(crowd)
    queue.mark_slips({1: "confirmed"})
    before = crowd.identity
    assert {name.removesuffix("-wal") for name, _ in _found(crowd, secrets)} == {"ledger.db", "keys.db"}

    for account in ("acc-1", "acc-2"):
        crowd.append(erased(f"erase-{account}", account))
    assert erasing.finish(crowd, seconds=60) == ()

    assert _found(crowd, secrets) == []
    assert [form for _, form in LOOKED_FOR if form in caplog.text.encode()] == []
    assert by_name(crowd, TYPED["name"]) == by_phone(crowd, TYPED["phone"]) == by_email(crowd, TYPED["email"]) == []
    assert card_holder(crowd, NUMBER, Source.NUMBER) is None
    assert [form for line in audit.export(crowd) for _, form in LOOKED_FOR if form in line] == []
    assert audit.verify(crowd)[-1].entries == before.seq + 2
    assert len(by_name(crowd, "else")) > 1


def test_X1_what_was_earned_stays_in_the_books_and_is_nobodys(crowd: Ledger) -> None:
    crowd.append(erased("erase", "acc-1"))
    erasing.finish(crowd, seconds=60)
    found = holder(crowd, "acc-1")

    assert found is not None
    assert (found.status, found.balance("points")) == ("blocked", 3)


def test_X1_a_profile_on_its_way_to_headquarters_is_gone_with_the_answer(crowd: Ledger) -> None:
    secrets = list(_secrets(crowd))
    send(crowd)
    crowd.append(erased("erase-1", "acc-1"))
    crowd.append(erased("erase-2", "acc-2"))

    def travelling() -> list[bytes]:
        items = unpack(expand(crowd.recall(BODY) or b"", bytes_max=BATCH_BYTES_MAX))
        sealed = {profile.sealed for item in items for profile in item.profiles}
        return [secret for secret in secrets if secret in sealed]

    assert erasing.finish(crowd, seconds=60) == ("request",)
    assert travelling() != []
    send(crowd)  # the answer came, and this is what is asked next
    assert erasing.finish(crowd, seconds=60) == ()
    assert (travelling(), _found(crowd, secrets)) == ([], [])
