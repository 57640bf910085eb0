"""Whatever happens to a printer in mid-slip, a sale ends with one good slip: real drivers, a real ledger, a bad day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.counter.reprinting import copies
from agent.devices.lifecycle import Lifecycle
from agent.errors import InvalidError, NotAllowedError, UnknownError
from agent.ledger.clock import TillClock
from agent.ledger.kept.slip_queue import SlipQueue
from agent.ledger.ledger import Ledger
from agent.ledger.records import Draft
from agent.slips.facts import Addressee
from agent.slips.reader import read_text
from agent.slips.spool import Spool, SpoolTimes
from drivers import escpos_printer
from drivers._link import Transport
from drivers.escpos_printer import EscposPrinter, Settings
from tests.drivers.printer import WELL, PrinterModel, TcpPrinter
from tests.ledger.tills import draft
from tests.slips.samples import LETTERHEAD, SALE
from tests.slips.test_spool import until

QUICK = SpoolTimes(retry_first_s=0.02, retry_last_s=0.05, poll_s=0.02, watch_s=0.1)
CUT = b"\x1dV"


class BadDay(PrinterModel):
    """A printer to which something happens as soon as it has taken a slip, once."""

    def __init__(self, happening: Callable[[BadDay], None]) -> None:
        super().__init__()
        self._happening: Callable[[BadDay], None] | None = happening

    def take(self, data: bytes) -> bytes:
        happening = self._happening
        if happening is not None and CUT in data:
            self._happening = None
            happening(self)
        return super().take(data)

    def lose_power(self) -> None:
        """Switched off: it says nothing, and what it had in its buffer is gone."""
        self.silent = True

    def be_well(self) -> None:
        """Switched on, with paper, its cover closed."""
        self.silent, self.confirms = False, True
        self.answers = dict.fromkeys((1, 2, 3, 4), WELL)

    @property
    def slips(self) -> int:
        """How often a receipt's foot was taken."""
        return bytes(self.printed).count(b"Receipt R1")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escpos_printer, "LOOK_S", 0.05)


@contextmanager
def _till(folder: Path, model: BadDay, *, completion: bool) -> Iterator[tuple[Ledger, Spool]]:
    ledger = Ledger.open(folder / "ledger.db", till="corner/1", clock=TillClock("Europe/London", alone=True))
    with TcpPrinter(model) as peer:
        settings = Settings(
            Transport.NETWORK,
            host="127.0.0.1",
            port=peer.port,
            answer_timeout_s=0.1,
            completion=completion,
            completion_timeout_s=0.3,
        )
        printer = EscposPrinter(settings)
        _bring_up(printer)
        spool = Spool(SlipQueue(ledger), printer, letterhead=LETTERHEAD, addressee=lambda _: Addressee(), times=QUICK)
        ledger.append(_sale())
        spool.start()
        try:
            yield ledger, spool
        finally:
            assert spool.stop()
            printer.close()
            ledger.close()


def _bring_up(printer: Lifecycle) -> None:
    printer.open()
    printer.claim()
    printer.enable()


def _sale() -> Draft:
    facts = {**SALE.to_json(), "op": "R1", "head": ""}
    return draft("R1", slip=("sale", facts))


def _state(ledger: Ledger) -> str:
    job = SlipQueue(ledger).slip_of("R1")
    assert job is not None
    return job.state


@pytest.mark.parametrize("completion", [False, True])
@pytest.mark.parametrize("trouble", [BadDay.be_out_of_paper, BadDay.open_cover])
def test_a_printer_that_waits_for_a_person_goes_on_where_it_stopped(
    tmp_path: Path, trouble: Callable[[BadDay], None], *, completion: bool
) -> None:
    model = BadDay(trouble)
    with _till(tmp_path, model, completion=completion) as (ledger, spool):
        until(lambda: spool.status().word == "waiting")
        assert _state(ledger) == "sent"
        model.be_well()
        until(lambda: _state(ledger) == "confirmed")

    assert model.slips == 1


@pytest.mark.parametrize("completion", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_after_a_power_cut_the_cashier_says_whether_the_slip_is_there(
    tmp_path: Path, *, whole: bool, completion: bool
) -> None:
    model = BadDay(BadDay.lose_power)
    with _till(tmp_path, model, completion=completion) as (ledger, spool):
        until(lambda: _state(ledger) == "doubtful")
        assert [question.op for question in spool.status().asks] == ["R1"]
        model.be_well()
        copies.came_out(ledger, "R1", whole=whole)
        spool.wake()
        until(lambda: _state(ledger) == "confirmed")
        assert spool.status().asks == ()

    assert model.slips == (1 if whole else 2)  # of the first, the printer lost what it had not printed


def test_a_cable_that_is_out_leaves_the_slip_in_the_queue_until_it_is_back(tmp_path: Path) -> None:
    model = BadDay(lambda _: None)
    ledger = Ledger.open(tmp_path / "ledger.db", till="corner/1", clock=TillClock("Europe/London", alone=True))
    with TcpPrinter(model) as peer:
        printer = EscposPrinter(Settings(Transport.NETWORK, host="127.0.0.1", port=peer.port, answer_timeout_s=0.1))
        _bring_up(printer)
        peer.unplug()
        spool = Spool(SlipQueue(ledger), printer, letterhead=LETTERHEAD, addressee=lambda _: Addressee(), times=QUICK)
        ledger.append(_sale())
        spool.start()
        until(lambda: spool.status().word == "waiting")
        assert _state(ledger) == "queued"
        peer.plug_in()
        until(lambda: _state(ledger) == "confirmed")
        assert spool.stop()
        printer.close()
    ledger.close()

    assert model.slips == 1


def test_a_copy_is_counted_says_what_the_first_one_said_and_is_made_once(tmp_path: Path) -> None:
    model = BadDay(lambda _: None)
    with _till(tmp_path, model, completion=True) as (ledger, spool):
        until(lambda: _state(ledger) == "confirmed")
        made = [copies.copy(ledger, "R1", number=number) for number in (1, 1)]
        spool.wake()
        until(lambda: copies.copy(ledger, "R1", number=1).state == "confirmed")
        assert [answer.copy for answer in made] == [1, 1]
        with pytest.raises(InvalidError, match="copy is 3 but must be from 1 to 2"):
            copies.copy(ledger, "R1", number=3)
        assert copies.copy(ledger, "R1", number=2).copy == 2
        spool.wake()
        until(lambda: copies.copy(ledger, "R1", number=2).state == "confirmed")
        assert ledger.identity.seq == 2  # no entry, no voucher: the opening and the sale

    lines = read_text(bytes(model.printed))
    assert [line for line in lines if line.startswith("COPY")] == ["COPY 1", "COPY 1", "COPY 2", "COPY 2"]
    assert model.slips == 3


def test_a_slip_that_is_not_printed_yet_or_doubted_has_no_copy(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.db", till="corner/1", clock=TillClock("Europe/London", alone=True))
    ledger.append(_sale())
    with pytest.raises(NotAllowedError, match="is queued"):
        copies.copy(ledger, "R1", number=1)
    SlipQueue(ledger).mark_slips({1: "doubtful"})
    with pytest.raises(NotAllowedError, match="nobody has said"):
        copies.copy(ledger, "R1", number=1)
    with pytest.raises(UnknownError):
        copies.copy(ledger, "R2", number=1)
    ledger.close()


def test_the_word_on_a_slip_that_nobody_doubts_changes_nothing(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.db", till="corner/1", clock=TillClock("Europe/London", alone=True))
    ledger.append(_sale())
    SlipQueue(ledger).mark_slips({1: "confirmed"})

    assert copies.came_out(ledger, "R1", whole=False).state == "confirmed"
    ledger.close()
