"""pcsc on a real pcscd with vsmartcard's virtual reader: bad cards, restarts, no reader."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from agent.devices.categories import Input
from agent.devices.firewall.recognise import OwnCard
from agent.devices.loading import DeviceSetup
from agent.devices.supervision.supervisor import Supervisor
from agent.errors import FailureError, NoHardwareError, OfflineError
from agent.loyalty.cards import CardRange, Source
from drivers import DRIVERS
from drivers.pcsc import PcscReader, Settings
from tests.drivers.vpcd import ATR_PROCESSOR, GET_UID, SELECT_PPSE, PcscService, VirtualCard, why_not

pytestmark = pytest.mark.skipif(why_not() is not None, reason=why_not() or "")

UID = bytes.fromhex("04a1b2c3d4e5f6")
OK = b"\x90\x00"
PATIENCE_S = 3.0


@pytest.fixture
def service() -> Iterator[PcscService]:
    with PcscService() as service:
        yield service


@pytest.fixture
def reader(service: PcscService) -> Iterator[PcscReader]:  # the service outlives the reader
    reader = PcscReader(Settings(reader="Virtual"))
    bring_up(reader)
    yield reader
    reader.close()


def bring_up(reader: PcscReader) -> None:
    reader.open()
    reader.claim()
    reader.enable()


def test_a_memory_card_is_asked_for_its_id_only(service: PcscService, reader: PcscReader) -> None:
    card = VirtualCard.with_uid(UID)
    card.insert(service)
    seen = reader.read(PATIENCE_S)
    card.remove()

    assert seen == Input(UID)
    assert card.commands == [GET_UID]


def test_a_card_that_stays_is_read_once(service: PcscService, reader: PcscReader) -> None:
    card = VirtualCard.with_uid(UID)
    card.insert(service)
    seen = [reader.read(PATIENCE_S), reader.read(0.05)]
    card.remove()

    assert seen == [Input(UID), None]


def test_a_card_that_stays_through_a_reopening_is_not_read_again(service: PcscService, reader: PcscReader) -> None:
    card = VirtualCard.with_uid(UID)
    card.insert(service)
    reader.read(PATIENCE_S)
    reader.close()
    bring_up(reader)
    seen = reader.read(0.05)
    card.remove()

    assert seen is None


def test_a_payment_card_gives_nothing_but_its_application(service: PcscService, reader: PcscReader) -> None:
    card = VirtualCard({SELECT_PPSE: b"\x6f\x00" + OK, GET_UID: UID + OK}, atr=ATR_PROCESSOR)
    card.insert(service)
    seen = reader.read(PATIENCE_S)
    card.remove()

    assert seen == Input(b"", b"2PAY.SYS.DDF01")
    assert card.commands == [SELECT_PPSE]


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (VirtualCard({}), "no unique id"),
        (VirtualCard({GET_UID: b"\x90"}), "cut short"),
        (VirtualCard({GET_UID: UID + OK}, remove_at=1), "cannot|cut short"),
        (VirtualCard({GET_UID: UID + OK}, atr=ATR_PROCESSOR, remove_at=2), "cannot|cut short"),
    ],
    ids=["no id", "answer cut short", "taken away at the first command", "taken away at the second"],
)
def test_a_card_that_cannot_be_read_is_one_bad_read(
    service: PcscService, reader: PcscReader, card: VirtualCard, said: str
) -> None:
    card.insert(service)
    with pytest.raises(FailureError, match=said):
        reader.read(PATIENCE_S)
    card.remove()

    assert reader.read(0.01) is None


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_of_the_service_is_survived(service: PcscService, reader: PcscReader, how: signal.Signals) -> None:
    stopping = threading.Timer(0.05, service.stop, [how])
    stopping.start()
    begun = time.monotonic()
    with pytest.raises(OfflineError, match="wait for a card"):
        reader.read(PATIENCE_S)
    assert time.monotonic() - begun < 1
    stopping.join()
    reader.close()
    with pytest.raises(OfflineError, match="reach the smart card service"):
        reader.open()
    reader.close()
    service.start()

    bring_up(reader)

    assert reader.read(0.01) is None


def test_without_a_reader_there_is_no_hardware(service: PcscService) -> None:
    service.stop()
    service.start(readers=False)
    reader = PcscReader(Settings())
    reader.open()

    with pytest.raises(NoHardwareError):
        reader.claim()

    reader.close()


def test_a_reader_of_another_name_is_no_hardware(service: PcscService) -> None:  # it must run
    reader = PcscReader(Settings(reader="ACR122U"))
    reader.open()

    with pytest.raises(NoHardwareError, match="no smart card reader with 'ACR122U' in its name"):
        reader.claim()

    reader.close()


@pytest.mark.slow
def test_restarts_and_removals_at_random_give_no_wrong_id_and_no_stuck_loop(service: PcscService) -> None:
    chance = random.Random(20)
    supervisor = Supervisor(
        [DeviceSetup("nfc", "pcsc", {})],
        DRIVERS,
        ranges=lambda: (CardRange("", 14, source=Source.CHIP),),
        on_change=lambda _: None,
    )
    supervisor.start()
    right = 0
    for _ in range(25):
        uid = chance.randbytes(7)
        card = VirtualCard({GET_UID: uid + OK}, atr=ATR_PROCESSOR, remove_at=chance.choice([1, 2, 3, 4]))
        card.insert(service)
        sighting = supervisor.take(chance.random())
        if chance.random() < 0.7:
            service.stop(chance.choice([signal.SIGTERM, signal.SIGKILL]))
            service.start()
        card.remove()
        while sighting is not None:
            if isinstance(sighting.card, OwnCard):
                assert sighting.card.number == uid.hex().upper()
                right += 1
            sighting = supervisor.take(0.1)
    assert right

    card = VirtualCard.with_uid(UID)
    service.wait_empty()
    card.insert(service)
    seen = supervisor.take(PATIENCE_S)
    card.remove()
    supervisor.stop()

    assert seen is not None
    assert seen.card == OwnCard(UID.hex().upper(), Source.CHIP)
