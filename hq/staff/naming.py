"""Naming staff at the desk: who works at the tills of a shop. Of a PIN only its Argon2id string is kept and told."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, Row, select

from agent.errors import InvalidError, NotAllowedError, UnknownError
from agent.journal.staff.people import SALT_BYTES, Role, check_staff, hash_pin
from hq.books.own import Decision, decide
from hq.database import insert
from hq.publish.announce import Kind, announce
from hq.tables import staff

NAMED = "staff_named"  # the kind of the entry
_WORD = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the tills of a shop; `by` is the login of who names him."""

    shop: str
    staff: str
    by: str

    def __post_init__(self) -> None:
        """Raise InvalidError for what is no id."""
        check_staff(self.staff)
        if not _WORD.fullmatch(self.by):
            raise InvalidError(f"name {self.by[:40]!r} must be 1 to 32 of a-z, 0-9, '.', '_' and '-'")

    @property
    def subject(self) -> str:
        """What the feed calls him."""
        return f"{self.shop}/{self.staff}"


def add(conn: Connection, person: Person, *, role: Role, pin: str, epoch: str) -> None:
    """Add somebody; raises NotAllowedError for an id that the shop has already, InvalidError for a bad PIN."""
    known = _row(conn, person)
    if known is not None and known.pin is not None:
        raise NotAllowedError(f"shop {person.shop!r} has a staff {person.staff!r} already", hint="take another id")
    _put(conn, person, "add", role, hash_pin(pin, secrets.token_bytes(SALT_BYTES)), epoch=epoch)


def reset(conn: Connection, person: Person, *, pin: str, epoch: str) -> None:
    """Give somebody another PIN, which unlocks the id at every till; raises UnknownError or InvalidError."""
    _put(conn, person, "reset", _role(conn, person), hash_pin(pin, secrets.token_bytes(SALT_BYTES)), epoch=epoch)


def remove(conn: Connection, person: Person, *, epoch: str) -> None:
    """Let somebody go; raises UnknownError."""
    _put(conn, person, "remove", _role(conn, person), None, epoch=epoch)


def listed(conn: Connection) -> list[tuple[str, str, str]]:
    """Return (shop, id, role) of everybody who works at a till, as the desk named them."""
    query = select(staff.c.shop, staff.c.id, staff.c.role).where(staff.c.pin.is_not(None))
    return [(row.shop, row.id, row.role) for row in conn.execute(query.order_by(staff.c.shop, staff.c.id))]


def _row(conn: Connection, person: Person) -> Row[tuple[str, str, str, str | None]] | None:
    return conn.execute(select(staff).where(staff.c.shop == person.shop, staff.c.id == person.staff)).one_or_none()


def _role(conn: Connection, person: Person) -> Role:
    row = _row(conn, person)
    if row is None or row.pin is None:
        raise UnknownError(f"shop {person.shop!r} has no staff {person.staff!r} of the desk's", hint="check the id")
    return Role(row.role)


def _put(conn: Connection, person: Person, change: str, role: Role, pin: str | None, *, epoch: str) -> None:
    said = {"role": str(role), "pin": pin}
    statement = insert(conn, staff).values(shop=person.shop, id=person.staff, **said)
    conn.execute(statement.on_conflict_do_update(index_elements=["shop", "id"], set_=said))
    announce(conn, Kind.STAFF, [person.subject])
    body = {"by": person.by, "change": change, "named": person.staff, "role": str(role), "shop": person.shop}
    decide(conn, epoch, Decision(f"staff:{secrets.token_hex(16)}", NAMED, body))
