"""What tills need to believe each other's codes: shops' keys, and the vouchers of the chain as the books have them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import Connection, select, tuple_

from agent.journal.codes import Serial, is_serial, shop_tag, typed_check, typed_code
from agent.journal.entry import VOUCHERS_PREFIX
from agent.journal.feed import ShopKeyRow, VoucherRow
from agent.journal.fold import LotKey
from agent.journal.sealed import KEY_BYTES, unwrap_key, wrap_key
from hq.database import insert
from hq.publish.announce import Kind, announce
from hq.tables import lot, shop_key


def make_shop_key(conn: Connection, shop: str, own: X25519PublicKey) -> None:
    """Make the key under which a shop's tills make codes to type, wrapped for us, unless the shop has one."""
    wrapped = wrap_key(secrets.token_bytes(KEY_BYTES), own)
    made = insert(conn, shop_key).values(shop=shop, number=1, wrapped=wrapped).on_conflict_do_nothing()
    if conn.scalar(made.returning(shop_key.c.shop)) is not None:
        announce(conn, Kind.SHOP_KEY, [shop])


def shop_key_rows(
    conn: Connection, shop: str, own: X25519PrivateKey, receiver: X25519PublicKey
) -> Iterator[ShopKeyRow]:
    """Yield a shop's keys, wrapped for one of its tills."""
    rows = conn.execute(select(shop_key).where(shop_key.c.shop == shop).order_by(shop_key.c.number))
    for row in rows:
        yield ShopKeyRow(shop, row.number, wrap_key(unwrap_key(row.wrapped, own), receiver))


def announce_vouchers(conn: Connection, lots: Iterable[LotKey]) -> None:
    """Put the vouchers among lots that changed at the end of the feed."""
    told = {
        _subject(holder, unit, serial)
        for holder, unit, serial, _ in lots
        if holder.startswith(VOUCHERS_PREFIX) and is_serial(serial)
    }
    announce(conn, Kind.VOUCHER, told)


def _subject(ledger_account: str, unit: str, serial: str) -> str:
    return "/".join((ledger_account.removeprefix(VOUCHERS_PREFIX), unit, serial))


class Vouchers:
    """The vouchers of one page, by their subjects, read in two queries."""

    def __init__(self, conn: Connection, subjects: Sequence[str], own: X25519PrivateKey) -> None:
        places = [(VOUCHERS_PREFIX + shop, unit, serial) for shop, unit, serial in map(_parts, subjects)]
        rows = conn.execute(select(lot).where(tuple_(lot.c.account, lot.c.unit, lot.c.lot).in_(places)))
        self._left = {_subject(row.account, row.unit, row.lot): row.amount for row in rows} if places else {}
        self._keys = _newest_keys(conn, {_parts(subject)[0] for subject in subjects}, own)

    def row_of(self, subject: str) -> VoucherRow:
        """Return the feed's row of a voucher; the check of its code is by its shop's newest key."""
        shop, unit, serial = _parts(subject)
        key = self._keys.get(shop)
        check = None if key is None else typed_check(typed_code(Serial.read(serial), key))[1]
        return VoucherRow(shop, unit, serial, self._left.get(subject, 0), check)


def _parts(subject: str) -> tuple[str, str, str]:
    shop, _, rest = subject.partition("/")
    unit, _, serial = rest.rpartition("/")
    return shop, unit, serial


def _newest_keys(conn: Connection, tags: Collection[str], own: X25519PrivateKey) -> dict[str, bytes]:
    """Return the newest keys of the shops with these tags."""
    if not tags:
        return {}
    newest = {shop_tag(row.shop): row.wrapped for row in conn.execute(select(shop_key).order_by(shop_key.c.number))}
    return {tag: unwrap_key(newest[tag], own) for tag in tags if tag in newest}
