"""A till as it stands in a shop: a real ledger and counter, and its side of the line to a headquarters."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from agent.counter import Counter, EnrolAsk, MemberView, RefundAsk, RefundLine, SaleAsk
from agent.ledger.clock import TillClock
from agent.ledger.kept import programmes
from agent.ledger.ledger import Ledger
from agent.ledger.records import Draft
from agent.loyalty.cards import Check, Source, check_digit
from agent.loyalty.sale import Line as SaleLine
from agent.sync.enrol import enrol, require_pinned
from agent.sync.keys import load_keys
from agent.sync.line import Line
from agent.sync.loop import hold
from agent.sync.meeting import BATCH_ENTRIES, Meeting, Met
from agent.sync.settings import SyncSettings
from tests.hq.headquarters import PROGRAMME, SHOP, code_for


def card_number(serial: int) -> str:
    """Return a number in the general shop's range."""
    payload = f"9826{serial:07}"
    return payload + check_digit(payload, Check.LUHN)


class Till:
    """A till named `name` in a shop, where cards of one `series` are read; `meet` is what its sync loop does once."""

    def __init__(
        self,
        folder: Path,
        name: str,
        address: str,
        *,
        series: int = 0,
        shop: str = SHOP,
        clock: TillClock | None = None,
    ) -> None:
        self.id = f"{shop}/{name}"
        self.series = series
        self.folder = folder / f"till-{name}"
        self.settings = SyncSettings(hq=address, timeout_s=5.0)
        self.clock = clock or TillClock("UTC", alone=False)
        self.ledger = Ledger.open(self.folder / "ledger.db", till=self.id, clock=self.clock)
        programme = programmes.current(self.ledger) or programmes.adopt(self.ledger, PROGRAMME.read_bytes())
        self.counter = Counter(self.ledger, programme, recorded=lambda: None)
        self.meeting: Meeting | None = None
        self.batch_entries = BATCH_ENTRIES
        self._line: Line | None = None
        self.sales = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self.ledger.close()

    def enrol(self, hq: Path) -> Self:
        shop, _, name = self.id.partition("/")
        enrol(self.ledger, self.settings, code_for(hq, name, shop=shop))
        return self

    def line(self) -> Line:
        """Return the line, the same one until `hang_up`."""
        if self._line is None:
            self._line = Line(self.ledger, require_pinned(self.ledger), load_keys(self.folder), self.settings)
        return self._line

    def hang_up(self) -> None:
        """Forget everything that is not on disk, as a restart of the agent does."""
        if self._line is not None:
            self._line.__exit__(None, None, None)
        self._line = self.meeting = None

    def meet(self) -> Met:
        """Hold one meeting, as the sync loop does."""
        if self.meeting is None:
            enrolled, keys = require_pinned(self.ledger), load_keys(self.folder)
            self.meeting = Meeting(self.ledger, enrolled, keys.profile, batch_entries=self.batch_entries)
        try:
            return hold(self.meeting, self.line())
        except BaseException:
            self.meeting.forget()
            raise

    def number(self, serial: int) -> str:
        """Return the number of a card of this till's series."""
        return card_number(self.series * 1000 + serial)

    def read_card(self, serial: int) -> MemberView:
        return self.counter.identify(self.number(serial), Source.NUMBER, by="scanner")

    def sell(self, pounds: int, card: int | None = None, *, op: str | None = None) -> str:
        self.sales += 1
        op = op or f"{self.ledger.identity.epoch[:6]}-{self.ledger.identity.seq}-{self.sales}"
        view = None if card is None else self.read_card(card)
        line = SaleLine("mug", 1000, pounds * 100)
        ask = SaleAsk(op, (line,), account=view.account if view else None, card=view.card if view else None)
        self.counter.sell(ask, by="pos")
        return op

    def refund(self, sale: str) -> None:
        self.counter.refund(RefundAsk(f"back-{sale}", (RefundLine(sale, 0, 1000),)), by="pos")

    def enrol_member(self, card: int | None, name: str, phone: str) -> str:
        number = None if card is None else self.number(card)
        answer = self.counter.enrol(EnrolAsk(f"join-{phone[-4:]}", name=name, phone=phone, card=number), by="pos")
        return answer.account

    def points(self, card: int) -> int:
        """Return a member's points as the cashier sees them."""
        return self.read_card(card).balances.get("points", 0)

    def append(self, op: str, kind: str, body: dict[str, object]) -> None:
        """Append an entry that no counter would write."""
        draft = Draft(id=self.clock.new_id(), op=op, ask=b"", kind=kind, day="2026-01-02", by="test", body=body)
        self.ledger.append(draft)
