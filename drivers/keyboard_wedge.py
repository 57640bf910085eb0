"""Readers and scanners that type: USB "keyboard wedge", "keyboard emulation", "HID keyboard".

Tested with: key events as the kernel writes them; a USB keyboard gadget on Linux 6.1.
Supported: magnetic stripe readers and barcode scanners; layouts us, fr, ro, ru; Alt with keypad digits; Caps Lock.
Missing: other layouts: set the reader to the us layout.
The reader is taken from the desktop (EVIOCGRAB), so what it types reaches no window, and is decoded by the layout it is
itself set to. In till.toml name it by /dev/input/by-id/...-event-kbd; of two like readers without serial numbers by
/dev/input/by-path/... .
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from agent.devices.categories import Category, Health, HealthLevel, Input
from agent.devices.framing import TORN, Frames, label_frames
from agent.devices.lifecycle import Lifecycle
from agent.devices.swipes import SWIPE_MAX, DoubleSwipes, is_swipe_end, tidy_swipe
from agent.errors import ConfigError
from drivers._evdev import LOST, EventDevice
from drivers._keys import Layout, Typist

INTERACTIVE_S = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """[[device]] of till.toml with driver = "keyboard_wedge"."""

    path: str
    category: Category  # MSR or Scanner
    layout: Layout = Layout.US  # what the reader is set to
    caps_lock: bool = False  # the reader types as for a till whose Caps Lock is on
    one_line: bool = False  # MSR: Enter ends a swipe; otherwise silence does, because Enter may stand between tracks
    prefix: str = ""  # Scanner: what it is set to type before a label
    suffix: str = ""  # Scanner: ... and after it; if set, nothing else ends a label
    idle_s: float = 0.3  # a read without an end is over after this much silence
    debounce_s: float = 2.0  # MSR: the same swipe again within this time is the same card drawn back
    settle_s: float = 0.3  # what arrives this soon after opening is from before

    def __post_init__(self) -> None:
        if self.category not in {Category.MSR, Category.SCANNER}:
            raise ConfigError(f"'category' is {self.category!s} but must be MSR or Scanner")
        if not 0 < self.idle_s <= 5 or not 0 <= self.settle_s <= 5 or not 0 <= self.debounce_s <= 5:
            raise ConfigError("'idle_s', 'settle_s' and 'debounce_s' must be 0 to 5 seconds, 'idle_s' more than 0")
        self.labels()

    def labels(self) -> Frames:
        """Return what cuts what a scanner types into labels."""
        return label_frames(prefix=self.prefix, suffix=self.suffix, idle_s=self.idle_s)


class KeyboardWedge(Lifecycle):
    """One reader that types."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.category)
        self._settings = settings
        self._keyboard = EventDevice(settings.path)
        self._typist = Typist(settings.layout, caps_lock=settings.caps_lock)
        self._doubles = DoubleSwipes(settings.debounce_s)
        self._frames = self._swipes() if settings.category is Category.MSR else settings.labels()

    def on_open(self) -> None:
        """Open and grab the keyboard: one that is open and not grabbed would type card numbers into any window."""
        self._keyboard.open()

    def on_enable(self) -> None:
        """Drop what was typed while nobody read."""
        self._keyboard.drop_stale(self._settings.settle_s)
        self._typist.let_go()
        self._frames.clear()

    def on_close(self) -> None:
        """Let go of the keyboard."""
        self._keyboard.close()

    def read(self, timeout_s: float) -> Input | None:
        """Return one swipe or label in UTF-8; FailureError if keys were lost, unknown, or too many."""
        self.require_enabled("read")
        return self._frames.read(self._receive, timeout_s)

    def check_health(self, level: HealthLevel) -> Health:
        """A keyboard cannot be asked; INTERACTIVE waits ten seconds for a read."""
        self.require_enabled("check health")
        if level is HealthLevel.INTERACTIVE:
            seen = self.read(INTERACTIVE_S)
            return Health(ok=seen is not None, text="it was read" if seen else "nothing came within 10 s")
        return Health(ok=self._keyboard.is_open, text=f"{self._settings.path} is open")

    def _swipes(self) -> Frames:
        is_end = partial(is_swipe_end, one_line=self._settings.one_line)
        idle_s = self._settings.idle_s
        return Frames("swipe", limit=SWIPE_MAX, idle_s=idle_s, is_end=is_end, tidy=self._tidy_swipe)

    def _tidy_swipe(self, received: bytes) -> bytes:
        swipe = tidy_swipe(received)
        return b"" if swipe and self._doubles.is_double(swipe) else swipe

    def _receive(self, wait_s: float) -> list[int]:
        received: list[int] = []
        for key in self._keyboard.read(wait_s):
            if key == LOST:
                self._typist.let_go()
            text = None if key == LOST else self._typist.type(key)
            received += [TORN] if text is None else text.encode()
        return received
