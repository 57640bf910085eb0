"""A slip of which nobody knows whether it came out: the cashier is asked once. By keys and by touch, four languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.house import House
from tests.browser.screen import Screen
from tests.drivers.printer import PrinterModel, TcpPrinter
from tests.till_files import wait_until

pytestmark = pytest.mark.browser

CUT, HEAD = b"\x1dV", b"Corner Shop"
CONFIRM_S = 20.0


class Fading(PrinterModel):
    """A printer that is switched off as soon as it has taken a slip, for as long as it is `fading`."""

    fading = False

    def take(self, data: bytes) -> bytes:
        self.silent |= self.fading and CUT in data
        return super().take(data)

    def be_well(self) -> None:
        """Switched on, and it stays on."""
        self.silent = self.fading = False

    @property
    def slips(self) -> int:
        """How many it has taken."""
        return bytes(self.printed).count(HEAD)


@pytest.fixture
def model() -> Fading:
    return Fading()


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory, model: Fading) -> Iterator[House]:
    with TcpPrinter(model) as printer:
        device = f'driver = "escpos_printer"\ntransport = "network"\nhost = "127.0.0.1"\nport = {printer.port}'
        with House(tmp_path_factory.mktemp("house"), printer=device) as till:
            yield till


def asked(till: Screen, house: House, model: Fading) -> None:
    """Sell with a printer that fades away, and wait for the question."""
    _, card = house.member("Ana Testova")
    wait_until(lambda: model.slips == 1, seconds=CONFIRM_S)  # it is welcomed by a slip
    model.fading = True
    till.swiped(card)
    till.hands.amount("10.00")
    till.is_judged()
    till.hands.go()
    till.state("idle")
    till.is_there("#asked")
    till.shows(till.say("slip_asked"), "#asked")
    till.look("slip asked")


def answer(till: Screen, key: str, button: str) -> None:
    if till.by == "keys":
        till.page.keyboard.press(key)
    else:
        till.hands.press(f"#asked [data-action={button}]")
    till.until("() => document.getElementById('asked').hidden")


def questions(house: House) -> object:
    return house.running.ask("GET", "/v1/status")["slips"]["asks"]


def test_a_slip_that_came_out_whole_is_not_printed_again(till: Screen, house: House, model: Fading) -> None:
    asked(till, house, model)
    model.be_well()

    answer(till, "j", "slip-whole")

    wait_until(lambda: questions(house) == [], seconds=CONFIRM_S)
    assert model.slips == 2


def test_a_slip_that_did_not_come_out_is_printed_again_once(till: Screen, house: House, model: Fading) -> None:
    asked(till, house, model)
    model.be_well()

    answer(till, "k", "slip-again")

    wait_until(lambda: model.slips == 3 and questions(house) == [], seconds=CONFIRM_S)
