"""pcsc on a real pcscd with vsmartcard's virtual reader: bad cards, restarts, no reader."""

from __future__ import annotations

import json
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.devices.categories import HealthLevel, Input
from agent.devices.chips.identify import IdentifyBy
from agent.devices.chips.type4 import NDEF_APPLICATION
from agent.devices.chips.wrappers import Wrapping
from agent.devices.firewall.recognise import BadRead, OwnCard
from agent.devices.loading import DeviceSetup
from agent.devices.supervision.pace import Pace
from agent.devices.supervision.report import DeviceStatus
from agent.devices.supervision.supervisor import Supervisor
from agent.errors import DeviceError, FailureError, NoHardwareError, OfflineError
from agent.loyalty.cards import CardRange, Source
from drivers import DRIVERS, pcsc
from drivers.pcsc import PcscReader, Settings
from tests.devices.chips.cards import Ntag, Type4, tlv, uri
from tests.drivers.vpcd import (
    ATR_MEMORY,
    ATR_PROCESSOR,
    GET_UID,
    SELECT_PPSE,
    PcscService,
    VirtualCard,
    why_not,
)
from tests.drivers.wait import wait_until

pytestmark = pytest.mark.skipif(why_not() is not None, reason=why_not() or "")
VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "pcsc_states_errors.json").read_text())

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


def who(seen: Input | None) -> tuple[bytes, bytes] | None:
    """What was read, whenever that was."""
    return None if seen is None else (seen.data, seen.application)


def test_a_memory_card_is_asked_for_its_id_only(service: PcscService, reader: PcscReader) -> None:
    card = VirtualCard.with_uid(UID)
    begun = time.monotonic_ns()
    card.insert(service)
    seen = reader.read(PATIENCE_S)
    card.remove()

    assert who(seen) == (UID, b"")
    assert seen is not None
    assert begun < seen.last_byte_ns < time.monotonic_ns()
    assert card.commands == [GET_UID]


def test_a_card_that_stays_is_read_once(service: PcscService, reader: PcscReader) -> None:
    card = VirtualCard.with_uid(UID)
    card.insert(service)
    seen = [reader.read(PATIENCE_S), reader.read(0.05)]
    card.remove()

    assert [who(read) for read in seen] == [(UID, b""), None]


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

    assert who(seen) == (b"", b"2PAY.SYS.DDF01")
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
    service.start_without_readers()
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


def test_a_card_that_does_not_finish_is_one_bad_read_and_holds_nothing_up(
    service: PcscService, reader: PcscReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc, "TALK_S", 0.1)
    card = VirtualCard({GET_UID: b""})  # the virtual reader waits for more of it until the card is taken away
    card.insert(service)
    with pytest.raises(FailureError, match="take it away"):
        reader.read(PATIENCE_S)
    while_it_lies = reader.read(0.05), reader.check_health(HealthLevel.EXTERNAL).ok
    begun = time.monotonic()
    reader.close()
    bring_up(reader)
    reopened_s = time.monotonic() - begun
    card.remove()
    service.wait_empty()
    card = VirtualCard.with_uid(UID)
    card.insert(service)
    seen = reader.read(PATIENCE_S)
    card.remove()

    assert while_it_lies == (None, False)
    assert reopened_s < 0.5
    assert who(seen) == (UID, b"")


LINK = "https://id.example.com/8018/952499909876543210"


@pytest.mark.parametrize(
    ("chip", "atr", "wrapping"),
    [
        (Type4(uri(LINK)), ATR_PROCESSOR, None),
        (Ntag(tlv(uri(LINK))), ATR_MEMORY, None),
        (Ntag(tlv(uri(LINK)), reader=Wrapping.PN532), ATR_MEMORY, Wrapping.PN532),
        (Ntag(tlv(uri(LINK)), reader=Wrapping.TRANSPARENT), ATR_MEMORY, Wrapping.TRANSPARENT),
        (Ntag(tlv(uri(LINK)), version=None, reader=Wrapping.PN532), ATR_MEMORY, Wrapping.PN532),
        (Ntag(tlv(uri(LINK))), ATR_MEMORY, Wrapping.TRANSPARENT),
    ],
    ids=["Type 4", "NTAG", "PN532", "transparent", "a chip that falls asleep over GET_VERSION", "another reader"],
)
def test_an_address_on_a_chip_is_read(
    service: PcscService, chip: Ntag | Type4, atr: bytes, wrapping: Wrapping | None
) -> None:
    reader = PcscReader(Settings(identify_by=IdentifyBy.NDEF, wrapping=wrapping))
    bring_up(reader)
    card = VirtualCard(chip.answer, atr=atr, on_reset=chip.reset)
    card.insert(service)
    seen = reader.read(PATIENCE_S)
    card.remove()
    reader.close()

    assert who(seen) == (LINK.encode(), NDEF_APPLICATION)


def test_one_of_two_readers_comes_and_goes(service: PcscService) -> None:
    service.stop()
    service.start("Virtual PCD", "Second PCD")
    first, second = (PcscReader(Settings(reader=name)) for name in ("Virtual", "Second"))
    for reader in (first, second):
        bring_up(reader)
    for name, reader in (("Second PCD", second), ("Virtual PCD", first)):
        service.stop()
        service.start("Second PCD" if reader is first else "Virtual PCD")
        reader.close()
        reader.open()
        with pytest.raises(NoHardwareError, match="no smart card reader with"):
            reader.claim()
        service.stop()
        service.start("Virtual PCD", "Second PCD")
        reader.close()
        bring_up(reader)
        card = VirtualCard.with_uid(UID)
        card.insert(service, name)
        assert who(reader.read(PATIENCE_S)) == (UID, b"")
        card.remove()
    first.close()
    second.close()


def test_a_reader_that_is_pulled_out_while_it_is_waited_for_is_no_hardware(reader: PcscReader) -> None:
    reader._reader = "Pulled Out 00 00"

    with pytest.raises(NoHardwareError):
        reader.read(PATIENCE_S)


@pytest.mark.parametrize(("name", "code"), VECTORS["codes"].items())
def test_every_code_of_the_service_is_known_and_an_error_with_a_hint(name: str, code: str) -> None:
    assert getattr(pcsc.scard, name) & 0xFFFFFFFF == int(code, 16)
    if name == "SCARD_S_SUCCESS":
        pcsc._check(int(code, 16), "do it")
        return
    for value in (int(code, 16), int(code, 16) - 2**32):  # pyscard hands them out signed or unsigned
        with pytest.raises(DeviceError, match=f"cannot do it: .*{code.lower()}") as caught:
            pcsc._check(value, "do it")
        assert caught.value.hint


SITUATIONS = {
    "SCARD_E_NO_SERVICE": OfflineError,
    "SCARD_E_NO_READERS_AVAILABLE": NoHardwareError,
    "SCARD_E_NO_SMARTCARD": FailureError,
    "SCARD_E_NOT_TRANSACTED": FailureError,
    "SCARD_W_REMOVED_CARD": FailureError,
    "SCARD_F_COMM_ERROR": OfflineError,
    "SCARD_W_SECURITY_VIOLATION": OfflineError,
    "SCARD_E_SERVICE_STOPPED": OfflineError,
}


@pytest.mark.parametrize(
    "case",
    [case for case in VECTORS["measured"] if "name" in case],
    ids=lambda case: case["situation"],
)
def test_a_measured_situation_is_the_card_the_reader_or_the_service(case: dict[str, str]) -> None:
    if case["rv"] == "0x00000000":
        return
    with pytest.raises(SITUATIONS[case["name"]]):
        pcsc._check(int(case["rv"], 16), "do it")


@pytest.mark.parametrize(("name", "bit"), VECTORS["states"].items())
def test_every_state_of_a_reader_is_as_published(name: str, bit: str) -> None:
    assert getattr(pcsc.scard, name) == int(bit, 16)


def test_the_virtual_card_speaks_as_the_measured_one_did() -> None:
    transcript = VECTORS["vpcd"]["transcript"]
    atr = bytes.fromhex(transcript[1]["hex"])[2:]
    card = VirtualCard({GET_UID: bytes.fromhex("04a1b2c39000")}, atr=atr)
    reader, far_end = socket.socketpair()
    with reader, far_end:
        thread = threading.Thread(target=card.answer_all, args=(far_end,))
        thread.start()
        reader.settimeout(PATIENCE_S)
        for step in transcript:
            if step["dir"] == "vpcd→card":
                reader.sendall(bytes.fromhex(step["hex"]))
            else:
                assert reader.recv(100).hex().upper() == step["hex"]
        reader.shutdown(socket.SHUT_RDWR)
        thread.join()


@dataclass(frozen=True)
class Presented:
    """A card that a customer shows, and what the till has to make of it."""

    card: VirtualCard
    known_as: OwnCard


def presented(chance: random.Random) -> Presented:
    """A card of any kind with an id and a number that no other has; perhaps torn away in mid-read."""
    uid = b"\x04" + chance.randbytes(6)
    number = f"9498{chance.randrange(10**12):012d}"
    message = uri(number)
    chips: list[tuple[Callable[[bytes], bytes], bytes, OwnCard]] = [
        (Type4(message, mle=15, uid=uid).answer, ATR_PROCESSOR, OwnCard(number, Source.NUMBER)),
        (Ntag(tlv(message), uid=uid).answer, ATR_MEMORY, OwnCard(number, Source.NUMBER)),
        (Type4(None, uid=uid).answer, ATR_PROCESSOR, OwnCard(uid.hex().upper(), Source.CHIP)),
        (Ntag(b"\xfe", uid=uid).answer, ATR_MEMORY, OwnCard(uid.hex().upper(), Source.CHIP)),
    ]
    answer, atr, known_as = chance.choice(chips)
    return Presented(VirtualCard(answer, atr=atr, remove_at=chance.choice([None, *range(1, 14)])), known_as)


def ordeal(service: PcscService, rounds: int) -> int:
    """Show a card, tear it away and restart pcscd while it is talked to, `rounds` times; return how many were known.

    AssertionError for a card that was never shown, if the reader does not come back, or if a last card is not known.
    """
    chance = random.Random(rounds)
    ranges = (CardRange("04", 14, source=Source.CHIP), CardRange("9498", 16))
    supervisor = Supervisor(
        [DeviceSetup("nfc", "pcsc", {"identify_by": "ndef_or_uid"})],
        DRIVERS,
        ranges=lambda: ranges,
        on_change=lambda _: None,
        pace=Pace(longest_pause_s=0.25),
    )
    supervisor.start()
    shown: set[OwnCard] = set()
    known = 0

    def look() -> OwnCard | None:
        nonlocal known
        seen = None
        while (sighting := supervisor.take(0)) is not None:
            if not isinstance(sighting.card, BadRead):
                assert sighting.card in shown
                seen = sighting.card
                known += 1
        return seen

    for _ in range(rounds):
        wait_until(lambda: supervisor.reports()[0].status is DeviceStatus.ENABLED, "the reader is back")
        customer = presented(chance)
        shown.add(customer.known_as)
        customer.card.insert(service)
        wait_until(lambda card=customer.card: card.commands, "the card is talked to")  # type: ignore[misc]
        time.sleep(chance.random() * 0.4)  # the restart comes while the card is read, or just after
        service.stop(chance.choice([signal.SIGTERM, signal.SIGKILL]))
        customer.card.remove()
        service.start()
        look()
    last = OwnCard(UID.hex().upper(), Source.CHIP)
    card = VirtualCard(Ntag(b"\xfe", uid=UID).answer)
    service.wait_empty()
    card.insert(service)
    shown.add(last)
    wait_until(lambda: look() == last, "the last card is known")
    card.remove()
    supervisor.stop()
    return known


def test_a_till_that_starts_before_the_service_and_the_reader_finds_both(service: PcscService) -> None:
    service.stop()
    supervisor = Supervisor(
        [DeviceSetup("nfc", "pcsc", {})],
        DRIVERS,
        ranges=lambda: (CardRange("04", 14, source=Source.CHIP),),
        on_change=lambda _: None,
        pace=Pace(longest_pause_s=0.1),
    )

    def text() -> str:
        return supervisor.reports()[0].text

    supervisor.start()
    wait_until(lambda: "reach the smart card service" in text(), "no service")
    service.start_without_readers()
    wait_until(lambda: "list the smart card readers" in text(), "no reader")
    service.stop()
    service.start()
    card = VirtualCard.with_uid(UID)
    wait_until(lambda: supervisor.reports()[0].status is DeviceStatus.ENABLED, "the reader is there")
    card.insert(service)
    seen = supervisor.take(PATIENCE_S)
    begun = time.monotonic()
    supervisor.stop()
    card.remove()

    assert seen is not None
    assert seen.card == OwnCard(UID.hex().upper(), Source.CHIP)
    assert time.monotonic() - begun < 1


def test_restarts_and_removals_give_no_wrong_id_and_no_stuck_loop(service: PcscService) -> None:
    assert ordeal(service, 2) >= 1


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_hundred_restarts_and_removals_give_no_wrong_id_and_no_stuck_loop(service: PcscService) -> None:
    assert ordeal(service, 200) > 50
