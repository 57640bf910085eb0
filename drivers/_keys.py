"""From key codes to text, by the layout the reader itself is set to, whatever the till's own keyboard is set to.

Sources: codes, linux/input-event-codes.h; layouts, xkeyboard-config symbols us, fr (basic), ro (std), ru (winkeys);
Alt with digits of the keypad, Microsoft's "alt codes": with a leading zero Windows-1252, else code page 437.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from drivers._evdev import PRESSED, RELEASED, Key

CTRL, SHIFT = frozenset({29, 97}), frozenset({42, 54})
LEFT_ALT, RIGHT_ALT, CAPS_LOCK = 56, 100, 58
_SILENT: Final = CTRL | SHIFT | {LEFT_ALT, RIGHT_ALT, CAPS_LOCK, 69, 70}  # Num Lock and Scroll Lock change nothing
ALT_DIGITS_MAX = 4

# On every layout; the keypad's digits whether Num Lock is on or not.
_FIXED: Final = MappingProxyType({15: "\t", 28: "\n", 57: " ", 96: "\n", 98: "/", 117: "="})
_KEYPAD: Final = MappingProxyType(
    dict(zip((71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83), "789-456+1230.", strict=True)) | {55: "*"}
)
# The other keys, row by row: left of 1; 1 to =; Q to ]; A to '; backslash; right of left Shift; Z to /.
_PLACES: Final = (41, *range(2, 14), *range(16, 28), *range(30, 41), 43, 86, *range(44, 54))
_DIGIT_VALUES: Final = MappingProxyType({code: c for code, c in _KEYPAD.items() if c.isdigit()})
# Dead keys stand in the tables as combining characters; followed by a space they are these.
_SPACING: Final = MappingProxyType({"\u0302": "^", "\u0308": "¨"})


class Layout(StrEnum):
    """What a reader can be set to."""

    US = "us"
    FR = "fr"
    RO = "ro"
    RU = "ru"


@dataclass(frozen=True, slots=True)
class _Table:
    plain: str
    shifted: str
    alt_gr: Mapping[int, str] = field(default_factory=dict)
    alt_gr_shifted: Mapping[int, str] = field(default_factory=dict)
    caps_is_shift: bool = False  # Caps Lock shifts every key, not only letters


def _row(*rows: str) -> str:
    text = "".join(rows)
    assert len(text) == len(_PLACES)
    return text


_TABLES: Final[Mapping[Layout, _Table]] = MappingProxyType(
    {
        Layout.US: _Table(
            _row("`", "1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "\\", "<", "zxcvbnm,./"),
            _row("~", "!@#$%^&*()_+", "QWERTYUIOP{}", 'ASDFGHJKL:"', "|", ">", "ZXCVBNM<>?"),
        ),
        Layout.FR: _Table(
            _row("²", "&é\"'(-è_çà)=", "azertyuiop\u0302$", "qsdfghjklmù", "*", "<", "wxcvbn,;:!"),
            _row("~", "1234567890°+", "AZERTYUIOP\u0308£", "QSDFGHJKLM%", "µ", ">", "WXCVBN?./§"),
            MappingProxyType(dict(zip(range(3, 14), "~#{[|`\\^@]}", strict=True))),
            caps_is_shift=True,
        ),
        Layout.RO: _Table(
            _row("„", "1234567890-=", "qwertyuiopăî", "asdfghjklșț", "â", "\\", "zxcvbnm,./"),
            _row("”", "!@#$%^&*()_+", "QWERTYUIOPĂÎ", "ASDFGHJKLȘȚ", "Â", "|", "ZXCVBNM;:?"),
            MappingProxyType({41: "`", 26: "[", 27: "]", 39: ";", 40: "'", 43: "\\", 51: "<", 52: ">"}),
            MappingProxyType({41: "~", 26: "{", 27: "}", 39: ":", 40: '"', 43: "|"}),
        ),
        Layout.RU: _Table(
            _row("ё", "1234567890-=", "йцукенгшщзхъ", "фывапролджэ", "\\", "/", "ячсмитьбю."),
            _row("Ё", '!"№;%:?*()_+', "ЙЦУКЕНГШЩЗХЪ", "ФЫВАПРОЛДЖЭ", "/", "|", "ЯЧСМИТЬБЮ,"),
        ),
    }
)


class Typist:
    """Follows the keys of one reader. `caps_lock`: the reader types as for a till whose Caps Lock is on."""

    def __init__(self, layout: Layout, *, caps_lock: bool) -> None:
        table = _TABLES[layout]
        self._plain = dict(zip(_PLACES, table.plain, strict=True))
        self._shifted = dict(zip(_PLACES, table.shifted, strict=True))
        self._alt_gr = table.alt_gr
        self._alt_gr_shifted = table.alt_gr_shifted
        self._caps_is_shift = table.caps_is_shift
        self._starts_with_caps = caps_lock
        self.let_go()

    def let_go(self) -> None:
        """Forget which keys are held: nothing is known after events were lost."""
        self._held: set[int] = set()
        self._caps_lock = self._starts_with_caps
        self._dead = ""
        self._alt_digits = ""

    def type(self, key: Key) -> str | None:
        """Return what `key` added to the text; None if this layout has no such key."""
        if key.code in _SILENT:
            return self._modify(key)
        if key.value != PRESSED:
            return ""
        if LEFT_ALT in self._held:
            return self._alt_digit(key.code)
        char = self._char(key.code)
        if char is None:
            return None
        if self._held & CTRL:
            return _control(char)
        return self._composed(char)

    def _modify(self, key: Key) -> str | None:
        if key.value == PRESSED:
            self._held.add(key.code)
            self._caps_lock ^= key.code == CAPS_LOCK
        elif key.value == RELEASED:
            self._held.discard(key.code)
            if key.code == LEFT_ALT and self._alt_digits:
                digits, self._alt_digits = self._alt_digits, ""
                return _alt_code(digits)
        return ""

    def _alt_digit(self, code: int) -> str | None:
        if code not in _DIGIT_VALUES or len(self._alt_digits) == ALT_DIGITS_MAX:
            return None
        self._alt_digits += _DIGIT_VALUES[code]
        return ""

    def _char(self, code: int) -> str | None:
        fixed = _FIXED.get(code) or _KEYPAD.get(code)
        if fixed:
            return fixed
        is_shifted = bool(self._held & SHIFT)
        if RIGHT_ALT in self._held:
            return (self._alt_gr_shifted if is_shifted else self._alt_gr).get(code)
        if self._caps_lock and (self._caps_is_shift or self._plain.get(code, "").isalpha()):
            is_shifted = not is_shifted
        return (self._shifted if is_shifted else self._plain).get(code)

    def _composed(self, char: str) -> str:
        if not self._dead:
            if char in _SPACING:
                self._dead, char = char, ""
            return char
        dead, self._dead = self._dead, ""
        if char == " ":
            return _SPACING[dead]
        composed = unicodedata.normalize("NFC", char + dead)
        return composed if len(composed) == 1 else _SPACING[dead] + _SPACING.get(char, char)


def _control(char: str) -> str | None:
    """Return the control character that Ctrl makes of a key: Ctrl+] is GS, the separator of GS1 fields."""
    upper = char.upper()
    return chr(ord(upper) & 0x1F) if len(upper) == 1 and "@" <= upper <= "_" else None


def _alt_code(digits: str) -> str | None:
    number = int(digits)
    if number > 0xFF:
        return None
    try:
        return bytes([number]).decode("cp1252" if digits.startswith("0") else "cp437")
    except UnicodeDecodeError:
        return None
