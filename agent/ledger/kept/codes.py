"""What a till knows of codes: the keys to make and to believe them, and what headquarters said of vouchers.

Secret keys lie in the keys' file: this till's, which signs, made on the till and known to headquarters from its
enrolment; its shop's, under which codes to type are made. A till makes a shop key of its own if it needs one before
headquarters gave it the shop's, and believes its codes for ever.
"""

from __future__ import annotations

import sqlite3

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.journal.codes import key_tag
from agent.journal.entry import VOUCHERS_PREFIX
from agent.journal.feed import TillRow, VoucherRow
from agent.ledger.ledger import Ledger

TILL_KEY, SHOP_KEY = "voucher.till", "voucher.shop"  # rows of the keys' file; no account is named so


def till_key(ledger: Ledger) -> Ed25519PrivateKey:
    """Return the key by which this till signs, made now if it has none."""
    return Ed25519PrivateKey.from_private_bytes(ledger.keys.get_or_make(TILL_KEY))


def shop_key_name(number: int) -> str:
    """Return the row of the keys' file for a key of the shop that headquarters gave this till (from 1)."""
    return f"{SHOP_KEY}.{number}"


def shop_keys(ledger: Ledger) -> tuple[bytes, ...]:
    """Return the keys of this till's shop, the newest first: it makes codes, all are believed."""
    known: list[bytes] = []
    while (key := ledger.keys.get(shop_key_name(len(known) + 1))) is not None:
        known.append(key)
    own = ledger.keys.get(SHOP_KEY) if known else ledger.keys.get_or_make(SHOP_KEY)
    return (*reversed(known), *([] if own is None else [own]))


def key_of(ledger: Ledger, tag: bytes) -> bytes | None:
    """Return the public key with this tag: this till's own, or that of a till that headquarters told of."""
    own = till_key(ledger).public_key().public_bytes_raw()
    if key_tag(own) == tag:
        return own
    with ledger.reading() as conn:
        row = conn.execute("SELECT key FROM till_key WHERE tag = ?", (tag,)).fetchone()
    return None if row is None else bytes(row[0])


def voucher_left(ledger: Ledger, shop: str, unit: str, serial: str) -> int | None:
    """Return how much is left of a voucher by what this till did and by what headquarters said, the less of the two.

    What was spent is never unspent, so neither can be out of date upwards. None: nobody has heard of it.
    """
    with ledger.reading() as conn:
        rows = conn.execute(
            "SELECT amount FROM lot WHERE account = ? AND unit = ? AND lot = ?"
            " UNION ALL SELECT amount FROM voucher WHERE serial = ? AND shop = ? AND unit = ?",
            (VOUCHERS_PREFIX + shop, unit, serial, serial, shop, unit),
        ).fetchall()
    return min((amount for (amount,) in rows), default=None)


def shop_of(ledger: Ledger, serial: str, check: bytes) -> str | None:
    """Return the tag of the shop that issued a voucher, if headquarters knows its typed code by this check."""
    with ledger.reading() as conn:
        row = conn.execute("SELECT shop FROM voucher WHERE serial = ? AND known = ?", (serial, check)).fetchone()
    return None if row is None else str(row[0])


def take_till(conn: sqlite3.Connection, row: TillRow) -> None:
    """Keep the public key of a till; the keys that it had before are believed still, for its codes are in pockets."""
    conn.execute("INSERT OR REPLACE INTO till_key VALUES (?, ?, ?)", (key_tag(row.key), row.till, row.key))


def take_voucher(conn: sqlite3.Connection, row: VoucherRow) -> None:
    """Keep what headquarters says of a voucher."""
    values = (row.serial, row.shop, row.unit, row.left, row.check)
    conn.execute("INSERT OR REPLACE INTO voucher (serial, shop, unit, amount, known) VALUES (?, ?, ?, ?, ?)", values)
