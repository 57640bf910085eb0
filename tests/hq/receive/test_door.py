"""Who may speak at the door, and what comes of malformed, oversized and forged requests: nothing, and a clear no."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver
from http_message_signatures.algorithms import ED25519
from sqlalchemy import select

from agent.errors import ForgedError
from agent.journal.batch import BATCH_BYTES_MAX, pack
from agent.journal.entry import encode
from agent.journal.wire.form import BATCH_TYPE, MAP_TYPE, compress, read
from agent.journal.wire.meeting import Refusal
from agent.journal.wire.signing import LABEL, REQUEST_COVERS, REQUEST_TAG, Nonce
from agent.sync.signatures import Reply, verify
from hq.database import Database
from hq.keys import Keys
from hq.receive.signatures import Request
from hq.tables import raw
from hq.tables import till as till_table
from tests.hq.visitor import Visitor, refused

Change = Callable[[Request], Request]


def _with_header(name: str, old: str, new: str) -> Change:
    def change(request: Request) -> Request:
        assert old in request.headers[name]
        return replace(request, headers=request.headers | {name: request.headers[name].replace(old, new)})

    return change


def _without(name: str) -> Change:
    return lambda request: replace(request, headers={k: v for k, v in request.headers.items() if k != name})


@pytest.mark.parametrize(
    "change",
    [
        lambda request: replace(request, body=request.body + b" "),
        lambda request: replace(request, path="/sync/v1/feed"),
        lambda request: replace(request, query="epoch=x"),
        lambda request: replace(request, method="PUT"),
        _without("content-digest"),
        _with_header("content-digest", "sha-256=:", "sha-256=:AAAA"),
        _with_header("signature-input", "tally=", "other="),
        _with_header("signature-input", '"@path" ', ""),
        _with_header("signature-input", "corner/1", "corner/2"),
        _with_header("signature-input", "tallystick-request", "tallystick-answer"),
        _with_header("signature-input", ".1.", ".2."),
        _with_header("signature-input", "ed25519", "hmac-sha256"),
        _with_header("signature", "tally=:", "tally=:AAAA"),
    ],
)
def test_a_request_that_was_tampered_with_is_nobodys(till: Visitor, change: Change) -> None:
    request = change(till.request("where", b"{}"))

    answer, _ = till.door.answer(request)

    assert answer.status == 401
    assert "signature" in read(answer.body, Refusal.from_map).message
    till.last = Nonce(till.database.epoch, 0, "start")
    till.where()


def test_a_request_without_a_signature_gets_an_answer_without_one(till: Visitor) -> None:
    answer, headers = till.door.answer(_without("signature")(till.request("where", b"{}")))

    assert answer.status == 401
    assert "Signature" not in headers


def test_an_unknown_till_is_refused(database: Database, hq_keys: Keys) -> None:
    stranger = Visitor(database, hq_keys, "9")

    refused(stranger.ask(stranger.request("where", b"{}")), 401)


def test_a_till_cannot_speak_for_another(till: Visitor, database: Database, hq_keys: Keys) -> None:
    other = Visitor(database, hq_keys, "2")
    other.enrol()

    refused(other.ask(other.request("where", b"{}", key_id=till.till)), 401)


@pytest.mark.parametrize("nonce", ["7", "a.b.c", "..", "x"])
def test_a_request_without_a_counter_is_refused(till: Visitor, nonce: str) -> None:
    assert "nonce" in refused(till.ask(till.request("where", b"{}", nonce=nonce)), 401)


@pytest.mark.parametrize("year", [1, 1970, 1980, 2036, 9999])
def test_nobody_is_judged_by_his_clock(till: Visitor, year: int) -> None:
    request = replace(till.request("where", b"{}"), headers={"content-type": MAP_TYPE})
    resolver = MappingKeyResolver(public_keys={}, private_keys={till.till: till.key})
    HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=resolver).sign(
        request,
        key_id=till.till,
        created=datetime(year, 1, 2, tzinfo=UTC),
        nonce=f"{till.database.epoch}.1.random",
        label=LABEL,
        tag=REQUEST_TAG,
        covered_component_ids=REQUEST_COVERS,
        body=request.body,
    )
    lower = {name.lower(): value for name, value in request.headers.items()}

    answer, _ = till.door.answer(replace(request, headers=lower))

    assert answer.status == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "zstd"),
        (b"junk", "zstd"),
        (compress(b"\x01\x00\x00"), "inside a frame header"),
        (compress(b"\x01\x00\x00\x00\x09{}"), "says 9 bytes"),
        (compress(b"\x07\x00\x00\x00\x02{}"), "frame of type 7"),
        (compress(b"\x02\x00\x00\x00\x02{}"), "frame of type 2"),
        (compress(b"\x01\xff\xff\xff\xff{}"), "bytes"),
        (compress(bytes(BATCH_BYTES_MAX + 1)), "zstd frame says it holds"),  # a bomb of 600 bytes
    ],
)
def test_a_batch_that_is_none_is_refused(till: Visitor, database: Database, body: bytes, said: str) -> None:
    query = f"epoch=e&seq=0&head={'00' * 32}&to={'00' * 32}"

    answer = till.ask(till.request("entries", body, query=query, media=BATCH_TYPE))

    assert said in refused(answer, 400)
    with database.read() as conn:
        assert conn.execute(select(raw)).all() == []


@pytest.mark.parametrize(
    "query",
    ["", "epoch=e", f"epoch=e&seq=-1&head={'00' * 32}&to=00", "epoch=e&seq=x&head=00&to=00", "epoch=e&seq=0&head=zz"],
)
def test_a_batch_from_nowhere_is_refused(till: Visitor, query: str) -> None:
    answer = till.ask(till.request("entries", compress(pack([])), query=query, media=BATCH_TYPE))

    assert "the query must name" in refused(answer, 400)


@pytest.mark.databases("sqlite", "postgresql")
def test_an_epoch_that_no_database_can_hold_stops_nothing(till: Visitor, database: Database) -> None:
    """PostgreSQL refuses NUL in a text, SQLite takes it: either way the till may go on."""
    query = f"epoch=a%00b&seq=0&head={'00' * 32}&to={'00' * 32}"

    answer = till.ask(till.request("entries", compress(pack([])), query=query, media=BATCH_TYPE))

    assert answer.status == 200 or "no row can hold" in refused(answer, 400)
    till.append()
    till.send()


def test_entries_of_another_media_type_are_refused(till: Visitor) -> None:
    assert BATCH_TYPE in refused(till.ask(till.request("entries", compress(pack([])), query="epoch=e")), 400)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"after":"x"}',
        b'{"after": 0}',
        b'{"after":0,"after":0}',
        b'{"after":NaN}',
        b'{"after":1e400}',
        b'{"after":9223372036854775808}',
        b"[" * 1000,
    ],
)
def test_a_message_that_is_not_canonical_is_refused(till: Visitor, body: bytes) -> None:
    refused(till.ask(till.request("feed", body)), 400)


def test_an_answer_is_for_its_request_only(till: Visitor, hq_keys: Keys) -> None:
    """An old answer, however good its signature, fits no new request."""
    first, second = till.request("where", b"{}"), till.request("where", b"{}")
    answer, headers = till.door.answer(first)
    lower = {name.lower(): value for name, value in headers.items()}

    with pytest.raises(ForgedError):
        verify(Reply(answer.status, lower, answer.body, second), root=hq_keys.root, serial=1)  # type: ignore[arg-type]


def test_an_answer_that_was_tampered_with_is_a_forgery(till: Visitor, hq_keys: Keys) -> None:
    request = till.request("where", b"{}")
    answer, headers = till.door.answer(request)
    lower = {name.lower(): value for name, value in headers.items()}
    good = Reply(answer.status, lower, answer.body, request)  # type: ignore[arg-type]

    verify(good, root=hq_keys.root, serial=1)
    for forged in (replace(good, body=good.body + b" "), replace(good, status_code=201)):
        with pytest.raises(ForgedError):
            verify(forged, root=hq_keys.root, serial=1)
    with pytest.raises(ForgedError):
        verify(good, root=Ed25519PrivateKey.generate().public_key().public_bytes_raw(), serial=1)
    with pytest.raises(ForgedError, match="no longer"):
        verify(good, root=hq_keys.root, serial=2**53)


def test_a_request_leaves_the_time_of_contact(till: Visitor, database: Database) -> None:
    with database.write() as conn:
        conn.execute(till_table.update().values(contact_ms=0))

    till.where()

    with database.read() as conn:
        assert conn.execute(select(till_table.c.contact_ms)).scalar_one() > 0


def test_entries_wake_the_books_and_nothing_else_does(till: Visitor) -> None:
    till.append()
    till.where()
    assert not till.door.arrived.is_set()

    till.send()

    assert till.door.arrived.is_set()


def test_a_refusal_says_what_to_do(till: Visitor) -> None:
    answer = till.ask(till.request("where", b"{}", nonce=f"{till.database.epoch}.9.r"))

    refusal = read(answer.body, Refusal.from_map)
    assert (refusal.code, refusal.hq_epoch) == ("forked", till.database.epoch)
    assert "call headquarters" in refusal.hint
    assert encode(refusal.to_map()) == answer.body
