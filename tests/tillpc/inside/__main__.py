"""The order of the day in the till PC; what was seen is judged outside, by test_till_pc.py."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

from agent.loyalty.cards import Source
from tests.drivers.vpcd import PcscService, VirtualCard
from tests.tillpc.inside.day import READERS, ROUNDS, Day, Plugging
from tests.tillpc.inside.desktop import Desktop
from tests.tillpc.inside.far_ends import NOT_ERROR, PAPER_EMPTY, SELECTED, Printer
from tests.tillpc.inside.gadgets import load_kernel
from tests.tillpc.inside.opening import HOME, furnish, open_shop
from tests.tillpc.inside.till import Till, wait_for

WEDGE: Final = "msr-wedge"
HUNG_S: Final = 8.0  # longer than the agent gives a driver before it says that it hangs


class Pcscd(PcscService):
    """The machine's own pcscd, which systemd starts for whoever asks first."""

    @property
    def network(self) -> str:
        """The network namespace that everything here is in."""
        return "/proc/self/ns/net"


def read_everything(day: Day) -> None:
    """A card through every reader; two readers at once; a chip."""
    for device in READERS:
        with day.step(f"read {device}") as seen:
            seen.update(day.read_through(device))
    with day.step("read at once") as seen:
        seen.update(day.read_at_once(WEDGE, "scan-wedge"))
    with day.step("tap") as seen:
        seen.update(tap(day, bytes.fromhex("04a1b2c3d4e5f6")))


def tap(day: Day, uid: bytes) -> dict[str, Any]:
    """Hold a chip to the virtual reader."""
    before, card = len(day.till.events), VirtualCard.with_uid(uid)
    card.insert(Pcscd())
    try:
        event = day.till.next_event("member", before)
    finally:
        card.remove()
    return day.member_of(uid.hex().upper(), event, Source.CHIP)


def print_slips(day: Day, printer: Printer) -> None:
    """A slip; one while there is no paper; three while the printer takes nothing off the wire."""
    with day.step("slip") as seen:
        member = day.read_through("scan-serial")["member"]
        seen.update(day.sell_and_print(printer, member["account"]))
    with day.step("out of paper") as seen:
        without_paper(day, printer, seen)
    with day.step("stalled") as seen:
        stalled(day, printer, seen)


def without_paper(day: Day, printer: Printer, seen: dict[str, Any]) -> None:
    """The printer says so by its answers and at its port, and prints nothing."""
    well = dict(printer.model.answers)
    printer.model.be_out_of_paper()
    printer.port_status(PAPER_EMPTY | SELECTED)
    wait_for(lambda: "paper" in day.till.device("slips")["text"], "the till says that there is no paper", 20)
    sold = day.sell()
    seen.update(sold, meanwhile=day.read_through(WEDGE), text=day.till.device("slips")["text"])
    slip = day.till.slip_bytes(sold["op"])
    seen["times_without_paper"] = printer.wire.count(slip)
    printer.model.answers |= well
    printer.port_status(SELECTED | NOT_ERROR)
    wait_for(lambda: slip in printer.wire, "the slip once there is paper", 40)
    seen["times"] = printer.wire.count(slip)


def stalled(day: Day, printer: Printer, seen: dict[str, Any]) -> None:
    """The kernel's buffers are full, usblp waits: what the till does meanwhile, and what it prints in the end."""
    printer.stall()
    sales = [day.sell() for _ in range(3)]
    seen["answers_s"] = [sale["answer_s"] for sale in sales]
    time.sleep(HUNG_S)
    seen.update(meanwhile=day.read_through(WEDGE), device=day.till.device("slips"))
    begun = time.monotonic()
    seen["slips"] = day.till.ask("GET", "/v1/status")["slips"]
    seen["status_s"] = time.monotonic() - begun
    printer.go_on()
    last = day.till.slip_bytes(sales[-1]["op"])
    wait_for(lambda: last in printer.wire, "the last slip once the printer takes bytes again", 60)
    seen["times"] = [printer.wire.count(day.till.slip_bytes(sale["op"])) for sale in sales]


def replug_everything(day: Day, printer: Printer) -> Printer:
    """Unplug and replug each device several times and use it; return the printer that is there in the end."""
    for device in READERS:
        plug = Plugging(day.gadgets[device].unplug, day.gadgets[device].plug)
        for number in range(ROUNDS):
            with day.step(f"replug {device} {number}") as seen:
                seen.update(day.replug(device, plug, partial(day.read_through, device)))
    for number in range(ROUNDS):
        with day.step(f"replug slips {number}") as seen:
            old, printer = printer, Printer(day.gadgets["slips"].far_end)
            plug = Plugging(partial(_pull, day, old), partial(_put_in, day, printer))
            seen.update(day.replug("slips", plug, partial(day.sell_and_print, printer)))
    plug = Plugging(partial(_systemctl, "stop"), partial(_systemctl, "start"))
    for number in range(ROUNDS):
        with day.step(f"replug chip {number}") as seen:
            seen.update(day.replug("chip", plug, partial(tap, day, bytes([4, number]) * 3 + b"\x01")))
    return printer


def _pull(day: Day, printer: Printer) -> None:
    printer.switch_off()
    day.gadgets["slips"].unplug()


def _put_in(day: Day, printer: Printer) -> None:
    day.gadgets["slips"].plug()
    printer.switch_on()


def _systemctl(verb: str) -> None:
    """With the service its reader goes and comes: the virtual reader is a part of pcscd."""
    units = ["pcscd.socket", "pcscd.service"] if verb == "stop" else ["pcscd.socket"]
    subprocess.run(["systemctl", verb, *units], check=True)


def close_shop(day: Day, printer: Printer) -> None:
    """Stop the agent while a program listens in on the keyboard that it held, and the printer takes nothing."""
    with Desktop(Path(day.till.setting(WEDGE, "path"))) as desktop:
        with day.step("grabbed") as seen:
            seen.update(day.read_through(WEDGE), keys=desktop.keys())
        with day.step("stopped") as seen:
            printer.stall()
            begun = time.monotonic()
            day.till.stop()
            seen["stop_s"] = time.monotonic() - begun
        with day.step("let go") as seen:
            day.read_card(WEDGE, "1")
            seen["keys"] = wait_for(desktop.keys, "keys elsewhere")
    _pull(day, printer)


def print_over_usb(day: Day) -> None:
    """The other till, whose printer is taken from usblp."""
    with day.step("slip over usb") as seen:
        gadget, day.till = day.gadgets["slips-usb"], Till(HOME / "till-usb.toml", day.out / "agent-usb.log")
        gadget.plug()
        printer = Printer(gadget.far_end)
        printer.switch_on()
        wait_for(_usblp_has_one, "usblp has the printer")
        day.till.start()
        seen.update(day.sell_and_print(printer))
        seen["taken_from_usblp"] = not _usblp_has_one()
        day.till.stop()
        seen["given_back"] = _usblp_has_one()
        printer.switch_off()


def _usblp_has_one() -> bool:
    return any(Path("/dev/usb").glob("lp*"))


def main() -> None:
    """Play the day; leave what was seen in the folder named on the command line."""
    out = Path(sys.argv[1])
    load_kernel()
    furnish()
    day = Day(Till(HOME / "till.toml", out / "agent.log"), out)
    printer = open_shop(day)
    read_everything(day)
    print_slips(day, printer)
    printer = replug_everything(day, printer)
    close_shop(day, printer)
    print_over_usb(day)
    os.sync()


main()
