"""Payment numbers as they might be written into a file, and files full of digits with none in them."""

from __future__ import annotations

import io
import random
import uuid
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable

from agent.loyalty.cards import Check, check_digit

# Numbers that the brands publish for tests.
VISA, AMEX, DINERS, MAESTRO = "4111111111111111", "371449635398431", "38520000023237", "6759649826438453"
BRANDS = {VISA: "visa", AMEX: "american-express", DINERS: "diners-club", MAESTRO: "maestro"}
TAIL = "25121010000000000"


def packed(track: str) -> bytes:
    """Track 2 as a chip holds it."""
    return bytes.fromhex(track + "f" * (len(track) % 2))


def grouped(number: str, between: str) -> str:
    """A number as its brand prints it."""
    cuts = {16: (4, 8, 12), 15: (4, 10), 14: (4, 10), 19: (4, 8, 12, 16)}[len(number)]
    return between.join(number[a:b] for a, b in zip((0, *cuts), (*cuts, len(number)), strict=True))


def _each(form: str) -> Callable[[str], bytes]:
    return lambda number: "".join(form.format(ord(c)) for c in number).encode()


def _other_digits(zero: int) -> Callable[[str], bytes]:
    return lambda number: "".join(chr(zero + int(c)) for c in number).encode()


WRITINGS: dict[str, Callable[[str], bytes]] = {
    "plain": lambda n: n.encode(),
    "in JSON": lambda n: f'{{"op":"{n}"}}'.encode(),
    "as a JSON number": lambda n: f'{{"amount":{n},"tax":0}}'.encode(),
    "behind letters": lambda n: f"till-S{n}".encode(),
    "behind a brand": lambda n: f"visa{n}".encode(),
    "a repr of bytes": lambda n: repr(f";{n}=".encode()).encode(),
    "in fours": lambda n: grouped(n, " ").encode(),
    "with dashes": lambda n: grouped(n, "-").encode(),
    "with dots": lambda n: grouped(n, ".").encode(),
    "with no-break spaces": lambda n: grouped(n, "\xa0").encode(),
    "in an address": lambda n: f"GET /v1/members/{grouped(n, '%20')} HTTP/1.1".encode(),
    "over lines": lambda n: grouped(n, "\r\n").encode(),
    "beside its month and code": lambda n: f"{grouped(n, ' ')} 0512 737".encode(),
    "track 1": lambda n: f"%B{n}^DOE/JANE^{TAIL}?".encode(),
    "track 2": lambda n: f";{n}={TAIL}?".encode(),
    "tag 57 in hexadecimal": lambda n: f"{n}d{TAIL}f".encode(),
    "tag 57 in capitals": lambda n: f"{n}D{TAIL}F".encode(),
    "tag 57": lambda n: b"\x57\x13" + packed(f"{n}d{TAIL}"),
    "UTF-16": lambda n: n.encode("utf-16-le"),
    "UTF-16, big end first": lambda n: n.encode("utf-16-be"),
    "UTF-32": lambda n: n.encode("utf-32-le"),
    "UTF-16 in fours": lambda n: grouped(n, " ").encode("utf-16-le"),
    "hexadecimal": lambda n: n.encode().hex().encode(),
    "hexadecimal with spaces": lambda n: n.encode().hex(" ").encode(),
    "hexadecimal of a track": lambda n: f";{n}={TAIL}?".encode().hex().encode(),
    "hexadecimal of UTF-16": lambda n: n.encode("utf-16-le").hex().encode(),
    "escapes of Python": _each(r"\x{:02x}"),
    "escapes of JSON": _each(r"\u{:04x}"),
    "escapes of addresses": _each("%{:02x}"),
    "full-width digits": _other_digits(0xFF10),
    "Arabic digits": _other_digits(0x0660),
    "Persian digits": _other_digits(0x06F0),
    **{f"base64 at {at}": lambda n, at=at: b64encode(b"<" * at + n.encode() + b">>") for at in range(4)},  # type: ignore[misc]
    "base64 for addresses": lambda n: urlsafe_b64encode(b"\xff\xfe\xfd" + n.encode() + b"\xff\xff"),
}


def clean(chance: random.Random, entries: int) -> bytes:
    """What a till's files are full of, with no payment number in it: hashes, UUIDs, articles, receipts, slips, logs."""
    out = io.BytesIO()
    for number in range(entries):
        lines = ",".join(
            f'{{"amount":{chance.randrange(10**7)},"article":"{_article(chance)}","quantity":1000}}' for _ in range(3)
        )
        op = chance.choice(
            (f"S-{number}", f"1-20260705-{number:06}", f"scr-{_uuid(chance)}", chance.randbytes(16).hex())
        )
        out.write(
            f'{{"at":{1783000000000 + chance.randrange(10**9)},"epoch":"{chance.randbytes(16).hex()}",'
            f'"hash":"{chance.randbytes(32).hex()}","id":"{_uuid(chance)}","lines":[{lines}],"op":"{op}"}}'.encode()
        )
        out.write(chance.randbytes(48) + b64encode(chance.randbytes(48)))
        out.write(b"points" + _uuid(chance).encode() + chance.randbytes(3) + chance.randbytes(32).hex().encode() + b"w")
        out.write(
            f"\n2026-07-05 12:10:11,{chance.randrange(1000):03} INFO version={chance.randbytes(32).hex()}\n".encode()
        )
        out.write(f"\x1bE Receipt {op}  corner/1\n Proof {chance.randbytes(8).hex()}\n".encode())
        out.write(f"  {chance.randrange(10**4) / 100:.2f}   {chance.randrange(10**6) / 100:.2f}\n".encode())
    return out.getvalue()


def _uuid(chance: random.Random) -> str:
    return str(uuid.UUID(bytes=chance.randbytes(16), version=4))


def _article(chance: random.Random) -> str:
    digits = "".join(chance.choices("0123456789", k=chance.choice((7, 11, 12, 13))))
    return digits + check_digit(digits, Check.EAN)
