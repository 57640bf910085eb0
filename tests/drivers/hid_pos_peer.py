"""A scanner in HID POS mode, as a peer: labels into reports."""

from __future__ import annotations

DATA_ROOM = 56


def reports_of(label: bytes, *, is_numbered: bool = True) -> list[bytes]:
    """Return the reports of a label that begins with its symbology identifier."""
    identifier, data = label[:3], label[3:]
    parts = [data[at : at + DATA_ROOM] for at in range(0, len(data), DATA_ROOM)] or [b""]
    bodies = [
        bytes([len(part)]) + identifier + part.ljust(DATA_ROOM, b"\x00") + b"\x73\x00" + bytes([at < len(parts)])
        for at, part in enumerate(parts, start=1)
    ]
    return [b"\x02" + body if is_numbered else body for body in bodies]
