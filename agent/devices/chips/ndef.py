"""NDEF messages: the records of a tag, and the first text or web address among them.

Sources: NFC Forum NDEF 1.0, 3.2; RTD URI 1.0, 3.2 (prefixes); RTD Text 1.0, 3.2; RTD Smart Poster 1.1, 3.2. Records in
chunks are refused: no tag of a shop's own is written so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from agent.errors import FailureError

MESSAGE_MAX: Final = 2048  # bytes; the largest NTAG21x holds 868, and in UTF-8 it stays below DATA_MAX
_BEGIN, _END, _CHUNK, _SHORT, _HAS_ID, _FORMAT = 0x80, 0x40, 0x20, 0x10, 0x08, 0x07
_UTF_16, _LANGUAGE_BYTES = 0x80, 0x3F

_PREFIXES: Final = (
    "",
    "http://www.",
    "https://www.",
    "http://",
    "https://",
    "tel:",
    "mailto:",
    "ftp://anonymous:anonymous@",
    "ftp://ftp.",
    "ftps://",
    "sftp://",
    "smb://",
    "nfs://",
    "ftp://",
    "dav://",
    "news:",
    "telnet://",
    "imap:",
    "rtsp://",
    "urn:",
    "pop:",
    "sip:",
    "sips:",
    "tftp:",
    "btspp://",
    "btl2cap://",
    "btgoep://",
    "tcpobex://",
    "irdaobex://",
    "file://",
    "urn:epc:id:",
    "urn:epc:tag:",
    "urn:epc:pat:",
    "urn:epc:raw:",
    "urn:epc:",
    "urn:nfc:",
)


class TypeName(IntEnum):
    """The type name format (TNF): how a record's type is to be read."""

    EMPTY = 0
    WELL_KNOWN = 1
    MEDIA = 2
    ABSOLUTE_URI = 3
    EXTERNAL = 4
    UNKNOWN = 5
    UNCHANGED = 6
    RESERVED = 7


@dataclass(frozen=True, slots=True)
class Record:
    """One record."""

    type_name: TypeName
    type: bytes
    payload: bytes = field(repr=False)

    @property
    def text(self) -> str | None:
        """The web address or the text it holds; None if it is of another kind. FailureError if it is not whole."""
        match self.type_name, self.type:
            case TypeName.WELL_KNOWN, b"U":
                return _uri(self.payload)
            case TypeName.WELL_KNOWN, b"T":
                return _text(self.payload)
            case TypeName.ABSOLUTE_URI, _:
                return _decoded(self.type, "utf-8")
        return None


def first_text(message: bytes) -> str | None:
    """Return the first web address or text of a message, that of a smart poster included; None if it has none.

    FailureError: it is over MESSAGE_MAX bytes, or is not whole.
    """
    for record in parse_message(message):
        is_poster = (record.type_name, record.type) == (TypeName.WELL_KNOWN, b"Sp")
        texts = [inner.text for inner in _addresses(record.payload)] if is_poster else [record.text]
        if found := next(filter(None, texts), None):
            return found
    return None


def parse_message(message: bytes) -> tuple[Record, ...]:
    """Take a message apart. FailureError: it is over MESSAGE_MAX bytes, or its records do not fill it exactly."""
    if len(message) > MESSAGE_MAX:
        raise FailureError(f"an NDEF message of {len(message)} bytes, over the limit of {MESSAGE_MAX}")
    source = _Source(message)
    records: list[Record] = []
    is_last = False
    while not is_last:
        flags = source.number(1)
        if bool(flags & _BEGIN) is bool(records) or flags & _CHUNK:
            raise FailureError("the chip's NDEF message is not one whole message")
        is_last = bool(flags & _END)
        records.append(_record(source, flags))
    source.require_end()
    return tuple(records)


def _record(source: _Source, flags: int) -> Record:
    type_size = source.number(1)
    payload_size = source.number(1 if flags & _SHORT else 4)
    id_size = source.number(1) if flags & _HAS_ID else 0
    kind = source.take(type_size)
    source.take(id_size)
    return Record(TypeName(flags & _FORMAT), kind, source.take(payload_size))


def _addresses(poster: bytes) -> list[Record]:
    return [inner for inner in parse_message(poster) if inner.type == b"U"]


def _uri(payload: bytes) -> str:
    if not payload or payload[0] >= len(_PREFIXES):
        raise FailureError("the chip's web address does not begin as one")
    return _PREFIXES[payload[0]] + _decoded(payload[1:], "utf-8")


def _text(payload: bytes) -> str:
    start = 1 + (payload[0] & _LANGUAGE_BYTES) if payload else 1
    if start > len(payload):
        raise FailureError("the chip's text is shorter than its language")
    if not payload[0] & _UTF_16:
        return _decoded(payload[start:], "utf-8")
    has_mark = payload[start : start + 2] in {b"\xfe\xff", b"\xff\xfe"}
    return _decoded(payload[start:], "utf-16" if has_mark else "utf-16-be")


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise FailureError(f"the chip's text is not {encoding.upper()}") from None


class _Source:
    """The bytes of a message, taken from the front."""

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes; FailureError if there are fewer."""
        end = self._at + size
        if end > len(self._message):
            raise FailureError("the chip's NDEF message ends in the middle of a record")
        taken, self._at = self._message[self._at : end], end
        return taken

    def number(self, size: int) -> int:
        """Return the next `size` bytes as a number."""
        return int.from_bytes(self.take(size))

    def require_end(self) -> None:
        """Raise FailureError if anything is left."""
        if self._at != len(self._message):
            raise FailureError("the chip's NDEF message goes on after its last record")
