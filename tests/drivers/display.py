"""Customer displays for tests: what stands on two lines of twenty characters after the bytes were obeyed.

Source: Epson DM-D110 specification 5.4; Partner CD5220 user's manual 7.2. What no display knows raises ValueError.
"""

from __future__ import annotations

from typing import Final

ROWS, COLUMNS = 2, 20
EPSON_PAGES: Final = {0: "cp437", 2: "cp850", 16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858"}
EPSON_LENGTHS: Final = {b"\x1b@": 2, b"\x1bt": 3, b"\x1f\x01": 2, b"\x1fC": 3, b"\x1f$": 4}
CD5220_FONTS: Final = {ord("A"): "cp437", ord("R"): "cp866"}  # U.S.A., Russia


class _Display:
    def __init__(self) -> None:
        self._rest = b""
        self.reset()

    @property
    def shown(self) -> tuple[str, ...]:
        return tuple("".join(row) for row in self._cells)

    def reset(self) -> None:
        self._codec = "cp437"
        self.clear()

    def clear(self) -> None:
        self._cells = [[" "] * COLUMNS for _ in range(ROWS)]
        self._at = 0

    def take(self, data: bytes) -> None:
        """Obey the commands that are complete; the rest waits for more."""
        self._rest += data
        while self._rest:
            length = self._obey(self._rest)
            if not length:
                return
            self._rest = self._rest[length:]

    def put(self, byte: int) -> None:
        """Overwrite mode: from the end of the lower line the cursor goes to the beginning of the upper one."""
        self._cells[self._at // COLUMNS][self._at % COLUMNS] = bytes([byte]).decode(self._codec)
        self._at = (self._at + 1) % (ROWS * COLUMNS)

    def _obey(self, data: bytes) -> int:
        raise NotImplementedError


class EpsonDisplay(_Display):
    """ESC/POS for displays, as far as it is needed."""

    def _obey(self, data: bytes) -> int:
        if data[0] not in {0x1B, 0x1F}:
            self._single(data[0])
            return 1
        length = EPSON_LENGTHS[data[:2]] if len(data) > 1 else 2
        if len(data) < length:
            return 0
        self._command(data[:2], data[2:length])
        return length

    def _single(self, byte: int) -> None:
        if byte == 0x0C:
            self.clear()
        elif byte >= 0x20:
            self.put(byte)
        else:
            raise ValueError(f"{byte:02x}")

    def _command(self, command: bytes, args: bytes) -> None:
        if command == b"\x1b@":
            self.reset()
        elif command == b"\x1bt":
            self._codec = EPSON_PAGES[args[0]]
        elif command == b"\x1f$":
            column, row = args
            if not (1 <= column <= COLUMNS and 1 <= row <= ROWS):
                raise ValueError(args.hex())
            self._at = (row - 1) * COLUMNS + column - 1


class Cd5220Display(_Display):
    """CD5220 in its standard mode: between strings only CLR is obeyed."""

    def reset(self) -> None:
        self._in_strings = False
        super().reset()

    def _obey(self, data: bytes) -> int:
        if data[0] == 0x0C:
            self._in_strings = False
            self.clear()
            return 1
        if len(data) < 3 and data != b"\x1b@":
            return 0
        if data[:2] == b"\x1bQ":
            return self._string(data)
        if self._in_strings:
            raise ValueError(f"{data[:2].hex()} while strings are shown")
        if data[:2] == b"\x1b@":
            self.reset()
            return 2
        if data[:2] == b"\x1bf":
            self._codec = CD5220_FONTS[data[2]]
            return 3
        raise ValueError(data[:4].hex())

    def _string(self, data: bytes) -> int:
        end = data.find(b"\r")
        if end < 0:
            return 0
        text = data[3:end]
        if len(text) > COLUMNS or data[2:3] not in {b"A", b"B"}:
            raise ValueError(data[:end].hex())
        self._in_strings = True
        self._at = (data[2] - ord("A")) * COLUMNS
        for byte in text.ljust(COLUMNS):
            self.put(byte)
        return end + 1
