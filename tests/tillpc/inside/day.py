"""A day at the till: what is done with each device, and what is seen of it. Every figure is in seconds."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from agent.loyalty.cards import Check, Source, check_digit
from tests.drivers.hid_pos_peer import reports_of
from tests.tillpc.inside.far_ends import Plug, Printer, Typist
from tests.tillpc.inside.gadgets import Gadget, Model, hid, keyboard
from tests.tillpc.inside.till import Event, Till, wait_for

REPLUG_S: Final = 30.0
SLIP_S: Final = 30.0
ROUNDS: Final = 3  # every device is unplugged so often

_PRINTER: Final = {"q_len": b"2", "pnp_string": b"MFG:EPSON;MDL:TM;CMD:ESC/POS;CLS:PRINTER;"}
# Real makers' ids, so that rules for udev and drivers that look for them find them.
MODELS: Final = (
    Model("slips", 0x04B8, 0x0E15, "TM-T20II", "printer", _PRINTER),
    keyboard("msr-wedge", 0x0801, 0x0001, "USB Keyboard Emulation Swipe Reader"),
    keyboard("scan-wedge", 0x05E0, 0x1200, "Bar Code Scanner"),
    Model("scan-serial", 0x0C2E, 0x0D0A, "Scanner CDC", "acm"),
    hid("msr-hid", 0x0801, 0x0002, "USB Swipe Reader", size=337, page=0xFF00, usage=0x01),
    hid("scan-hid", 0x0C2E, 0x0D07, "Scanner HID POS", size=64, page=0x8C, usage=0x02),
    Model("slips-usb", 0x04B8, 0x0202, "TM-T88V", "printer", _PRINTER),
)
READERS: Final = ("msr-wedge", "scan-wedge", "scan-serial", "msr-hid", "scan-hid")


def own_card(serial: int) -> str:
    """A card of the programme in config/."""
    payload = f"9826{serial:07}"
    return payload + check_digit(payload, Check.LUHN)


def magtek_report(track_2: str) -> bytes:
    """A swipe of a card with one track (MagTek 99875191: statuses, lengths, 110 bytes per track)."""
    head = bytes([0, 0, 0, 0, len(track_2), 0, 0])
    return (head + bytes(110) + track_2.encode()).ljust(337, b"\0")


@dataclass(frozen=True, slots=True)
class Plugging:
    """How a device is unplugged and plugged in again."""

    out: Callable[[], None]
    back: Callable[[], None]


class Day:
    """The devices, the till, and what was seen, which is left in `out` after every step."""

    def __init__(self, till: Till, out: Path) -> None:
        self.till = till
        self.gadgets = {model.name: Gadget(model, port) for port, model in enumerate(MODELS)}
        self.seen: dict[str, dict[str, Any]] = {}
        self.out = out
        self._serial = 0

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, Any]]:
        """One step: what it puts into the dict stands in the report under `name`; if it fails, also its traceback."""
        print(f"{time.monotonic():.1f} {name}")  # noqa: T201 - the payload's log
        seen: dict[str, Any] = {}
        self.seen[name] = seen
        try:
            yield seen
        except Exception:  # noqa: BLE001 - whatever it is, a test shows it
            seen["error"] = traceback.format_exc()
        (self.out / "seen.json").write_bytes(orjson.dumps(self.seen, option=orjson.OPT_INDENT_2))

    def next_serial(self) -> int:
        """Return a number that nothing of this day has had."""
        self._serial += 1
        return self._serial

    def read_card(self, device: str, number: str) -> None:
        """Let a reader read a card."""
        path = self.gadgets[device].far_end
        match device:
            case "msr-wedge":
                Typist(path).type(f"%B{number}^DOE/JANE^?;{number}?\n")
            case "scan-wedge":
                Typist(path).type(f"{number}\n")
            case "scan-serial":
                Plug(path).write(f"{number}\r\n".encode())
            case "msr-hid":
                Plug(path).write(magtek_report(f";{number}?"))
            case "scan-hid":
                [report] = reports_of(b"]C0" + number.encode(), is_numbered=False)
                Plug(path).write(report.ljust(64, b"\0"))

    def read_through(self, device: str) -> dict[str, Any]:
        """Read a new card; return what came of it and the seconds until then."""
        number = own_card(self.next_serial())
        before, begun = len(self.till.events), time.monotonic()
        self.read_card(device, number)
        event = self.till.next_event("member", before)
        return self.member_of(number, event) | {"read_s": event.at - begun}

    def member_of(self, number: str, event: Event, source: Source = Source.NUMBER) -> dict[str, Any]:
        """Return the card that was read, whose it is by the ledger, and whom the till saw."""
        return {"card": number, "holder": self.till.account_of(number, source), "member": event.data, "at": event.at}

    def read_at_once(self, *devices: str) -> dict[str, Any]:
        """Read a new card with each of these readers at the same time; return whose they are and whom the till saw."""
        numbers = [own_card(self.next_serial()) for _ in devices]
        before = len(self.till.events)
        threads = [
            threading.Thread(target=self.read_card, args=(device, number))
            for device, number in zip(devices, numbers, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        def members() -> list[Event]:
            return [event for event in self.till.events[before:] if event.kind == "member"]

        wait_for(lambda: len(members()) == len(devices), "as many members as readers")
        seen = [event.data["account"] for event in members()]
        return {"holders": [self.till.account_of(number, Source.NUMBER) for number in numbers], "members": seen}

    def replug(self, device: str, plug: Plugging, use: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Pull the plug, wait until the till says so, put it in again, and use the device as soon as it is back.

        `use` says at which moment (`at`) the device had done its work.
        """
        pid, before, begun = self.till.pid, len(self.till.events), time.monotonic()
        plug.out()
        missed = self.till.device_event(device, before, lambda status: status != "enabled", REPLUG_S)
        missed_s = missed.at - begun
        before, begun = len(self.till.events), time.monotonic()
        plug.back()
        back = self.till.device_event(device, before, lambda status: status == "enabled", REPLUG_S)
        used = use()
        return used | {
            "missed_as": missed.data["status"],
            "missed_s": missed_s,
            "back_s": back.at - begun,
            "used_s": used["at"] - begun,
            "same_agent": self.till.pid == pid,
        }

    def sell(self, account: str | None = None) -> dict[str, Any]:
        """Record a sale; return its op and how long the till took to answer."""
        op = f"sale-{self.next_serial()}"
        lines = [{"article": "tea", "quantity": 2000, "amount": 1250}]
        begun = time.monotonic()
        self.till.ask("POST", "/v1/sales", {"op": op, "lines": lines, "account": account})
        return {"op": op, "answer_s": time.monotonic() - begun}

    def sell_and_print(self, printer: Printer, account: str | None = None) -> dict[str, Any]:
        """Record a sale and wait for its slip at the printer's far end."""
        sold = self.sell(account)
        slip = self.till.slip_bytes(sold["op"])
        wait_for(lambda: slip in printer.wire, "the slip at the printer's far end", SLIP_S)
        rest = bytes(printer.wire).replace(slip, b"").hex()
        return sold | {"slip": slip.hex(), "at": printer.came_at(slip), "times": printer.wire.count(slip), "rest": rest}
