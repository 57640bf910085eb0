"""The test vectors of PROTOCOL.md, held against the code of both halves."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.errors import ForgedError
from agent.journal.chain import GENESIS, link
from agent.journal.feed import Cursor, Page, ProgrammeRow, pack
from agent.journal.stick.messages import Apart, FromTill
from agent.journal.stick.sealing import open_sealed
from agent.journal.trust import Delegation, Role, check_programme, sign_programme
from agent.journal.wire.form import from_text, to_text
from agent.journal.wire.place import Position
from agent.journal.wire.signing import DELEGATION_HEADER, Nonce
from agent.sync.signatures import Reply, SignedRequest, verify
from hq.receive.signatures import Request
from hq.receive.signatures import verify as verify_request

ROOT, FEED, TILL, AUTHOR = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3, 4))
_PAGE = (Path(__file__).parents[2] / "agent" / "sync" / "PROTOCOL.md").read_text()
DELEGATION, ASKED, ASKED_SIGNED, ANSWERED, ANSWERED_SIGNED, CHAIN, PROGRAMME, STICK = (
    block.strip() for block in _PAGE.partition("## Test vectors")[2].split("```")[1::2]
)


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def _headers(base: str, signature: str) -> dict[str, str]:
    """The signature headers that a base and its signature stand for."""
    lines = dict(line.split(": ", 1) for line in base.splitlines())
    return {
        "content-digest": lines['"content-digest"'],
        "signature-input": "tally=" + lines['"@signature-params"'],
        "signature": f"tally=:{signature}:",
    }


def test_the_delegation() -> None:
    delegation = Delegation(_public(FEED), Role.FEED, 1)

    assert delegation.sign(ROOT).decode() == DELEGATION
    assert Delegation.check(DELEGATION.encode(), root=_public(ROOT), role=Role.FEED) == delegation


@pytest.mark.parametrize(("base", "signature", "key"), [(ASKED, ASKED_SIGNED, TILL), (ANSWERED, ANSWERED_SIGNED, FEED)])
def test_the_signatures(base: str, signature: str, key: Ed25519PrivateKey) -> None:
    assert to_text(key.sign(base.encode())) == signature


def test_headquarters_believes_the_request() -> None:
    request = Request("POST", "/sync/v1/where", "", _headers(ASKED, ASKED_SIGNED), b"{}")

    signed = verify_request(request, {"corner/1": _public(TILL)}.get)

    assert (signed.key_id, signed.nonce) == (
        "corner/1",
        Nonce("0123456789abcdef0123456789abcdef", 7, "00112233445566778899aabbccddeeff"),
    )


def test_the_till_believes_the_answer() -> None:
    request = SignedRequest("http://hq.example/sync/v1/where", b"{}", _headers(ASKED, ASKED_SIGNED))
    headers = _headers(ANSWERED, ANSWERED_SIGNED) | {DELEGATION_HEADER.lower(): to_text(DELEGATION.encode())}
    body = b'{"epochs":[],"now_ms":1700000000000,"version":0}'

    assert verify(Reply(200, headers, body, request), root=_public(ROOT), serial=1).serial == 1
    with pytest.raises(ForgedError):
        verify(Reply(200, headers, body + b" ", request), root=_public(ROOT), serial=1)


def test_the_chain() -> None:
    first = link(GENESIS, b'{"a":1}')

    assert CHAIN.split() == [first.hex(), link(first, b'{"b":2}').hex()]


def test_the_programme() -> None:
    data, delegation = b'name = "Club"\n', Delegation(_public(AUTHOR), Role.PROGRAMME, 2).sign(ROOT)
    row = ProgrammeRow(data, 3, sign_programme(data, AUTHOR, shop="corner", number=3), delegation)

    page = pack(Page(Cursor("e"), Cursor("e", 1), more=False, now_ms=1, rows=(row,)))

    assert page.split(b"\n")[1].decode() == PROGRAMME
    check_programme(data, row.signature, key=_public(AUTHOR), shop="corner", number=3)


def test_the_sticks() -> None:
    plain, plain_signature, apart, apart_signature = STICK.splitlines()
    place = Cursor("0123456789abcdef0123456789abcdef", 7)
    data = FromTill("corner/1", place, ()).pack(TILL)

    assert data == plain.encode() + b"\n" + from_text(plain_signature)
    open_sealed(data).check(_public(TILL))

    at = Position("fedcba9876543210fedcba9876543210", 5, bytes([5]) * 32)
    nonce = "0123456789abcdef0123456789abcdef.7.00112233445566778899aabbccddeeff"
    machine = Apart(at, nonce, "00112233445566778899aabbccddeeff")
    data = FromTill("corner/1", place, (), 1_700_000_000_000, machine, (b"witness",)).pack(TILL)

    frames = b"".join(len(frame).to_bytes(4, "big") + frame for frame in (b'{"witness":true}', b"witness"))
    assert data == apart.encode() + b"\n" + frames + from_text(apart_signature)
    assert FromTill.unpack(open_sealed(data)).apart == machine
