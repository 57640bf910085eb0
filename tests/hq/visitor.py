"""A till made by hand: it signs what a test tells it to, good or bad, and stands at the door without a network."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.journal.batch import BatchItem, SealedProfile, pack
from agent.journal.chain import GENESIS, link
from agent.journal.entry import ISSUANCE, Entry, Posting, encode, encode_entry
from agent.journal.feed import PAGE_BYTES_MAX, Page, unpack
from agent.journal.sealed import digest, seal, wrap_key
from agent.journal.wire.enrolling import Enrolled, Enrolment
from agent.journal.wire.form import BATCH_TYPE, MAP_TYPE, PATH, compress, expand, read
from agent.journal.wire.meeting import Held, Refusal, Where
from agent.journal.wire.place import Position
from agent.journal.wire.signing import ENROLLING, Nonce
from agent.sync.signatures import Reply, sign, verify
from hq.database import Database
from hq.keys import Keys
from hq.receive.door import Door
from hq.receive.enrol import make_code
from hq.receive.signatures import Answer, Request
from tests.hq.headquarters import SHOP

_Message = TypeVar("_Message")


def entry(till: str, epoch: str, seq: int, /, **fields: Any) -> Entry:
    """An entry of no known kind, with `fields` as given."""
    made = Entry(
        till=till,
        epoch=epoch,
        seq=seq,
        id=f"id-{epoch[:8]}-{seq}",
        op=f"op-{seq}",
        kind="something",
        day="2026-01-02",
        clock={},
        by="pos",
    )
    return replace(made, **fields)


def moved(account: str, amount: int, *, unit: str = "points", lot: str = "l1") -> tuple[Posting, ...]:
    """Both sides of `amount` issued to an account."""
    return (Posting(unit, ISSUANCE, -amount), Posting(unit, f"account:{account}", amount, lot))


def sale_body(account: str | None, total: int, /, **fields: Any) -> dict[str, Any]:
    """The body of a sale of one article."""
    line = {"article": "mug", "quantity": 1000, "amount": total, "category": None, "tax": 0}
    body = {"account": account, "card": None, "currency": "GBP", "lines": [line], "total": total, "due": total}
    return {**body, "redemptions": [], "effects": [], "sold_at": "2026-01-02T10:00:00", **fields}


def refund_body(account: str | None, money: int) -> dict[str, Any]:
    """The body of a refund of one article, without receipt."""
    line = {"sale": None, "line": None, "article": "mug", "quantity": 1000, "amount": money}
    return {"account": account, "card": None, "currency": "GBP", "lines": [line], "money": money, "reasons": []}


def card_profile(keys: Keys, card: str, number: str) -> SealedProfile:
    """The sealed profile of a card, its key wrapped for headquarters."""
    key = secrets.token_bytes(32)
    sealed = seal({"number": number, "source": "number"}, subject=card, key=key, nonce=secrets.token_bytes(12))
    return SealedProfile(card, sealed, wrap_key(key, keys.profile.public_key()))


def card_opened(keys: Keys, account: str, card: str, number: str) -> tuple[dict[str, Any], SealedProfile]:
    """The fields of an entry that opens a card, and the profile it names."""
    profile = card_profile(keys, card, number)
    body = {"account": account, "card": card}
    return {"kind": "card_opened", "body": body, "profiles": ((card, digest(profile.sealed)),)}, profile


class Visitor:
    """A till at the door. It keeps a chain of its own and counts its requests as a good till does."""

    def __init__(self, database: Database, keys: Keys, name: str, *, shop: str = SHOP) -> None:
        self.till = f"{shop}/{name}"
        self.database = database
        self.hq_keys = keys
        self.door = Door(database, keys, threading.Event())
        self.key = Ed25519PrivateKey.generate()
        self.profile_key = X25519PrivateKey.generate()
        self.epoch = secrets.token_hex(16)
        self.last = Nonce(database.epoch, 0, "start")
        self.items: list[BatchItem] = []
        self.heads = [GENESIS]

    # -- the journal ---------------------------------------------------------------------------------------------------

    def append(self, *profiles: SealedProfile, **fields: Any) -> None:
        """Append an entry with `fields` to this till's chain."""
        self.append_bytes(encode_entry(entry(self.till, self.epoch, len(self.heads), **fields)), *profiles)

    def append_bytes(self, data: bytes, *profiles: SealedProfile) -> None:
        self.items.append(BatchItem(data, profiles))
        self.heads.append(link(self.heads[-1], data))

    def begin_epoch(self) -> None:
        """Begin an epoch, of which nothing is held."""
        self.epoch = secrets.token_hex(16)
        self.items, self.heads = [], [GENESIS]

    def position(self, seq: int) -> Position:
        return Position(self.epoch, seq, self.heads[seq])

    # -- asking --------------------------------------------------------------------------------------------------------

    def nonce(self) -> str:
        self.last = self.last.next(secrets.token_bytes(8))
        return str(self.last)

    def request(
        self, word: str, body: bytes, *, query: str = "", media: str = MAP_TYPE, nonce: str = "", key_id: str = ""
    ) -> Request:
        """Return a request signed as this till; without a nonce it is the till's next one."""
        url = f"http://hq.example{PATH}/{word}" + (f"?{query}" if query else "")
        signed = sign(url, media, body, key=self.key, key_id=key_id or self.till, nonce=nonce or self.nonce())
        headers = {name.lower(): value for name, value in signed.headers.items()}
        return Request("POST", f"{PATH}/{word}", query, headers, body)

    def ask(self, request: Request) -> Answer:
        """Ask at the door, and check that the answer is signed for this very request."""
        answer, headers = self.door.answer(request)
        lower = {name.lower(): value for name, value in headers.items()}
        verify(Reply(answer.status, lower, answer.body, request), root=self.hq_keys.root, serial=1)  # type: ignore[arg-type]  # either half's request will do
        return answer

    def enrol(self, code: str | None = None) -> Answer:
        """Show a code, a fresh one if none is given."""
        if code is None:
            with self.database.write() as conn:
                shop, _, name = self.till.partition("/")
                code = make_code(conn, shop=shop, name=name, lasts_s=3600).code
        keys = (key.public_key().public_bytes_raw() for key in (self.key, self.profile_key))
        body = encode(Enrolment(code, self.till, *keys).to_map())
        return self.ask(self.request("enrol", body, nonce="none.0.x", key_id=ENROLLING))

    def where(self) -> Where:
        return good(self.ask(self.request("where", b"{}")), Where)

    def batch(self, first: int, last: int) -> Request:
        """Return the request that brings entries `first` to `last`."""
        return self.batch_of(self.position(first - 1), self.items[first - 1 : last], to=self.heads[last])

    def batch_of(self, after: Position, items: Sequence[BatchItem], *, to: bytes) -> Request:
        query = {"epoch": after.epoch, "seq": after.seq, "head": after.head.hex(), "to": to.hex()}
        return self.request("entries", compress(pack(items)), query=urlencode(query), media=BATCH_TYPE)

    def send(self, first: int = 1, last: int | None = None) -> Held:
        return good(self.ask(self.batch(first, len(self.items) if last is None else last)), Held)

    def feed(self, after: int = 0) -> Page:
        answer = self.ask(self.request("feed", encode({"after": after})))
        assert answer.status == 200, answer.body
        return unpack(expand(answer.body, bytes_max=PAGE_BYTES_MAX))


def good(answer: Answer, kind: type[_Message]) -> _Message:
    """Read the answer to a request that was not refused."""
    assert answer.status == 200, answer.body
    return read(answer.body, kind.from_map)  # type: ignore[attr-defined,no-any-return]  # every message has it


def refused(answer: Answer, status: int) -> str:
    """Return why a request was refused, with this status."""
    assert answer.status == status, answer.body
    return read(answer.body, Refusal.from_map).message


def enrolled(answer: Answer) -> Enrolled:
    return good(answer, Enrolled)
