"""Publishing programmes: the files that hq.toml names, signed by their key, told to every till of their shop."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from sqlalchemy import Connection, select

from agent.errors import ConfigError
from agent.journal.entry import decode, encode
from agent.journal.feed import ProgrammeRow
from agent.journal.trust import sign_programme
from agent.journal.wire.form import from_text, to_text
from agent.loyalty.lint.linting import load_linted
from agent.loyalty.programme import version_of
from hq.clock import now_ms
from hq.config import Shop
from hq.database import insert
from hq.keys import OnlineKey
from hq.publish.announce import Kind, announce
from hq.tables import meta, programme

log = logging.getLogger(__name__)


def publish(conn: Connection, shops: Iterable[Shop], key: OnlineKey) -> None:
    """Take the shops' programme files; one that changed is signed and goes to the feed, if the linter finds no error.

    One that another key has signed is signed anew: tills believe no word of a key that was replaced. Raises
    ConfigError when a file is missing and ProgrammeError when one cannot be used or has such an error.
    """
    for shop in shops:
        try:
            data = shop.programme.read_bytes()
        except OSError as error:
            raise ConfigError(f"shop {shop.id!r}: programme {str(shop.programme)!r} cannot be read: {error}") from error
        before = row_of(conn, shop.id)
        if before is None or before.data != data:
            load_linted(data)
        elif before.delegation == key.delegation:
            continue
        number = max(now_ms(), before.number + 1 if before else 0)
        signature = sign_programme(data, key.private, shop=shop.id, number=number)
        put(conn, shop.id, ProgrammeRow(data, number, signature, key.delegation))
        log.info("published shop=%s programme=%s", shop.id, version_of(data)[:12])


def put(conn: Connection, shop: str, row: ProgrammeRow) -> None:
    """Keep a shop's programme as it was signed, and put it at the end of the feed."""
    newer = {"version": version_of(row.data), "data": row.data}
    statement = insert(conn, programme).values(shop=shop, **newer)
    conn.execute(statement.on_conflict_do_update(index_elements=["shop"], set_=newer))
    signed = {"delegation": to_text(row.delegation), "number": row.number, "signature": to_text(row.signature)}
    value = {"value": encode(signed).decode()}
    kept = insert(conn, meta).values(key=_signed_in(shop), **value)
    conn.execute(kept.on_conflict_do_update(index_elements=["key"], set_=value))
    announce(conn, Kind.PROGRAMME, [shop])


def row_of(conn: Connection, shop: str) -> ProgrammeRow | None:
    """Return what the feed says of a shop's programme, None if none was published and signed."""
    data: bytes | None = conn.scalar(select(programme.c.data).where(programme.c.shop == shop))
    signed: str | None = conn.scalar(select(meta.c.value).where(meta.c.key == _signed_in(shop)))
    if data is None or signed is None:
        return None
    word = decode(signed.encode())
    return ProgrammeRow(data, word["number"], from_text(word["signature"]), from_text(word["delegation"]))


def _signed_in(shop: str) -> str:
    return f"programme.{shop}"
