"""A reader of every driver as it is plugged into a whole till: its section of till.toml, and the peer that plays it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.drivers.device_file import DeviceFile
from tests.drivers.hid_pos_peer import reports_of
from tests.drivers.keyboard import Keyboard
from tests.drivers.serial_line import SerialLine
from tests.drivers.ssi_decoder import SsiDecoder
from tests.e2e.shown_cards import Shown, labels, stripes

SHARE_OWN = 0.3
_TRACK_ROOM = 110  # bytes of a track in a MagTek report


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader: its name, the keys of its section, the cards that people show it, and how it is shown one."""

    name: str
    section: dict[str, object]
    cards: Iterator[Shown]
    show: Callable[[str], None]

    @property
    def toml(self) -> str:
        """Its section of till.toml."""
        lines = "".join(f"{key} = {_toml(value)}\n" for key, value in self.section.items())
        return f'\n[[device]]\nname = "{self.name}"\n{lines}'


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else f'"{value}"'


class Readers:
    """Plugs readers in, each into a folder of its own; unplugged with the stack."""

    def __init__(self, folder: Path, stack: ExitStack, *, seed: int) -> None:
        self._folder = folder
        self._stack = stack
        self._chance = random.Random(seed)
        self.all: list[Reader] = []

    def serial_scanner(self) -> None:
        line = self._line("serial-scanner")
        section = {"driver": "serial_scanner", "path": line.path, "settle_s": 0}
        self._add("serial-scanner", section, self._labels(), lambda text: line.send(f"{text}\r".encode()))

    def serial_msr(self) -> None:
        line = self._line("serial-msr")
        section = {"driver": "serial_msr", "path": line.path, "one_line": True, "settle_s": 0, "debounce_s": 0}
        self._add("serial-msr", section, self._stripes(), lambda text: line.send(f"{text}\r".encode()))

    def ssi_scanner(self) -> None:
        line = self._line("ssi-scanner")
        decoder = SsiDecoder(line)
        decoder.start()
        self._stack.callback(decoder.stop)
        section = {"driver": "ssi_scanner", "path": line.path, "settle_s": 0}
        self._add("ssi-scanner", section, self._labels(), lambda text: decoder.scan(text.encode()))

    def hid_pos(self) -> None:
        device = self._device("hid-pos")

        def show(text: str) -> None:
            for report in reports_of(text.encode()):
                device.send(report)

        self._add("hid-pos", {"driver": "hid_pos", "path": device.path}, self._labels(), show)

    def hid_msr(self) -> None:
        device = self._device("hid-msr")
        section = {"driver": "hid_msr", "path": device.path, "debounce_s": 0}
        self._add("hid-msr", section, self._stripes(), lambda text: device.send(magtek_report(text)))

    def keyboard_wedge(self, category: str) -> None:
        name = f"wedge-{category.lower()}"
        keyboard = self._stack.enter_context(Keyboard(self._made(name), "event0"))
        section: dict[str, object] = {"driver": "keyboard_wedge", "category": category, "path": keyboard.path}
        section |= {"settle_s": 0, "debounce_s": 0, "one_line": True} if category == "MSR" else {"settle_s": 0}
        cards = self._stripes() if category == "MSR" else self._labels()
        self._add(name, section, cards, lambda text: keyboard.type(f"{text}\n"))

    def simulated(self, category: str) -> None:
        name = f"simulated-{category.lower()}"
        feed = self._made(name) / "cards"
        cards = self._stripes() if category == "MSR" else self._labels()

        def show(text: str) -> None:
            with feed.open("w") as lines:
                lines.write(f"{text}\n")

        self._add(name, {"driver": "simulated", "category": category, "feed": feed}, cards, show)

    def _add(self, name: str, section: dict[str, object], cards: Iterator[Shown], show: Callable[[str], None]) -> None:
        self.all.append(Reader(name, section, cards, show))

    def _labels(self) -> Iterator[Shown]:
        return labels(self._chance, SHARE_OWN)

    def _stripes(self) -> Iterator[Shown]:
        return stripes(self._chance, SHARE_OWN)

    def _made(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir(parents=True)
        return folder

    def _line(self, name: str) -> SerialLine:
        return self._stack.enter_context(SerialLine(self._made(name)))

    def _device(self, name: str) -> DeviceFile:
        return self._stack.enter_context(DeviceFile(self._made(name), "hidraw0"))


def magtek_report(text: str) -> bytes:
    """A swipe as a MagTek reader reports it; what begins with no sentinel comes on track 1."""
    tracks, rest = {1: "", 2: "", 3: ""}, text
    for number, sentinel in ((3, "+"), (2, ";"), (1, "")):
        at = rest.find(sentinel)
        if at >= 0:
            tracks[number], rest = rest[at:], rest[:at]
    failed = {number for number, track in tracks.items() if track.endswith("E?")}
    status = bytes(int(number in failed) for number in tracks)
    written = ["" if number in failed else track[:_TRACK_ROOM] for number, track in tracks.items()]
    lengths = bytes(len(track) for track in written)
    return status + lengths + b"\x00" + b"".join(track.encode().ljust(_TRACK_ROOM, b"\x00") for track in written)
