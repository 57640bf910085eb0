"""A meeting without a line: the test is headquarters, and says what it likes."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.errors import JournalError, RejectedError
from agent.journal import batch, feed
from agent.journal.chain import GENESIS, link
from agent.journal.entry import encode
from agent.journal.feed import Cursor, EntryRow, LotRow, MemberRow, Page
from agent.journal.wire import BATCH_TYPE, Enrolled, Held, Outcome, Position, Where, compress, expand
from agent.ledger.ledger import Ledger
from agent.sync.line import Ask, Told
from agent.sync.meeting import Meeting, Met
from tests.ledger.tills import opened, sale

Answer = Callable[[Ask], bytes]
_PRIVATE = X25519PrivateKey.generate()
_HQ_KEY = Ed25519PrivateKey.generate().public_key().public_bytes_raw()


class FakeHq:
    """A headquarters that holds what it is sent; `answers` overrides the next answers, by the asked word."""

    def __init__(self) -> None:
        self.held: dict[str, Position] = {}
        self.entries: list[bytes] = []
        self.asked: list[str] = []
        self.answers: dict[str, list[Answer]] = {}
        self.version = 0
        self.pages: list[Page] = []

    def answer(self, ask: Ask) -> Told:
        self.asked.append(ask.word)
        override = self.answers.get(ask.word)
        answer = override.pop(0) if override else getattr(self, ask.word)
        return Told(answer(ask), _HQ_KEY)

    def where(self, _ask: Ask) -> bytes:
        return encode(Where(tuple(self.held.values()), self.version, 5).to_map())

    def entries_of(self, ask: Ask) -> tuple[str, int, list[bytes]]:
        query = {name: values[0] for name, values in parse_qs(ask.query).items()}
        assert ask.type == BATCH_TYPE
        items = batch.unpack(expand(ask.body, bytes_max=batch.BATCH_BYTES_MAX))
        return query["epoch"], int(query["seq"]), [item.data for item in items]

    def entries(self, ask: Ask) -> bytes:  # type: ignore[no-redef]  # the word and the list share a name
        raise NotImplementedError

    def feed(self, _ask: Ask) -> bytes:
        return compress(feed.pack(self.pages.pop(0)))

    def held_after(self, ask: Ask, outcome: Outcome = Outcome.HELD) -> bytes:
        epoch, seq, entries = self.entries_of(ask)
        position = self.held.get(epoch, Position(epoch))
        assert seq == position.seq
        head = position.head
        for data in entries:
            head = link(head, data)
        self.held[epoch] = Position(epoch, seq + len(entries), head)
        return encode(Held(outcome, self.held[epoch], self.version, 6).to_map())
