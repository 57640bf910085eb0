"""Publishing programmes: the files that hq.toml names, told to every till of their shop."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from agent.errors import ConfigError
from agent.loyalty.lint.linting import load_linted
from agent.loyalty.programme import version_of
from hq.config import Shop
from hq.publish.announce import Kind, announce
from hq.tables import programme

log = logging.getLogger(__name__)


def publish(conn: Connection, shops: Iterable[Shop]) -> None:
    """Take the shops' programme files; one that changed goes to the feed, if the linter finds no error in it.

    Raises ConfigError when a file is missing and ProgrammeError when one cannot be used or has such an error.
    """
    for shop in shops:
        try:
            data = shop.programme.read_bytes()
        except OSError as error:
            raise ConfigError(f"shop {shop.id!r}: programme {str(shop.programme)!r} cannot be read: {error}") from error
        version = version_of(data)
        if conn.scalar(select(programme.c.version).where(programme.c.shop == shop.id)) == version:
            continue
        load_linted(data)
        statement = insert(programme).values(shop=shop.id, version=version, data=data)
        newer = {"version": version, "data": data}
        conn.execute(statement.on_conflict_do_update(index_elements=["shop"], set_=newer))
        announce(conn, Kind.PROGRAMME, [shop.id])
        log.info("published shop=%s programme=%s", shop.id, version[:12])
