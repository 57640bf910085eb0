"""Profiles as they stand in the books: the latest record, with the fields whose value is that of an earlier one."""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import Connection, select

from agent.journal.batch import SealedProfile
from agent.journal.entry import encode
from agent.journal.sealed import NONCE_BYTES, seal, unseal, unwrap_key, wrap_key
from hq.tables import profile, profile_field, sealed, sealed_key


@dataclass(frozen=True, slots=True)
class Record:
    """A sealed record, its key wrapped for headquarters."""

    subject: str
    sealed: bytes
    wrapped: bytes

    def content(self, own: X25519PrivateKey) -> dict[str, Any]:
        """Return what is in it; raises JournalError if it does not open."""
        return unseal(self.sealed, subject=self.subject, key=unwrap_key(self.wrapped, own))


@dataclass(frozen=True, slots=True)
class Profile:
    """The latest record of a subject, and the earlier ones that hold what counts of some fields."""

    latest: Record
    fields: Mapping[str, Record] = field(default_factory=dict)

    def content(self, own: X25519PrivateKey) -> dict[str, Any]:
        """Return the profile as it shows; raises JournalError if a record does not open."""
        shown = flat(self.latest.content(own))
        for name, record in self.fields.items():
            earlier = flat(record.content(own))
            shown.pop(name, None)
            if name in earlier:
                shown[name] = earlier[name]
        return _deep(shown)

    def wrapped_for(self, receiver: X25519PublicKey, own: X25519PrivateKey) -> SealedProfile:
        """Return the profile with its key wrapped for a till; raises JournalError if a record does not open.

        One that is put together is sealed under the latest record's key, always to the same bytes.
        """
        latest, key = self.latest, unwrap_key(self.latest.wrapped, own)
        data = latest.sealed
        if self.fields:
            content = self.content(own)
            nonce = hmac.digest(key, encode(content), hashlib.sha256)[:NONCE_BYTES]
            data = seal(content, subject=latest.subject, key=key, nonce=nonce)
        return SealedProfile(latest.subject, data, wrap_key(key, receiver))


def flat(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile with each value of a map in it as a field of its own, `map.key`: each is changed by itself."""
    found: dict[str, Any] = {}
    for name, value in content.items():
        found |= {f"{name}.{key}": one for key, one in value.items()} if isinstance(value, dict) else {name: value}
    return found


def _deep(fields: Mapping[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, value in fields.items():
        of, dot, key = name.partition(".")
        if dot:
            content.setdefault(of, {})[key] = value
        else:
            content[name] = value
    return content


def profiles_of(conn: Connection, accounts: Collection[str]) -> dict[str, Profile]:
    """Return the profiles of accounts and of their cards, by subject."""
    of_accounts = profile.c.account.in_(list(accounts))
    latest = _records(select(profile.c.subject, sealed.c.sealed, sealed_key.c.wrapped), profile).where(of_accounts)
    columns = (profile_field.c.subject, profile_field.c.field, sealed.c.sealed, sealed_key.c.wrapped)
    earlier = _records(select(*columns), profile_field).join(profile, profile.c.subject == profile_field.c.subject)
    fields: dict[str, dict[str, Record]] = defaultdict(dict)
    for row in conn.execute(earlier.where(of_accounts)):
        fields[row.subject][row.field] = Record(row.subject, row.sealed, row.wrapped)
    return {
        row.subject: Profile(Record(row.subject, row.sealed, row.wrapped), fields.get(row.subject, {}))
        for row in conn.execute(latest)
    }


def _records(query: Any, table: Any) -> Any:
    """Join the sealed records, and their keys, that the rows of a table name by subject and digest."""
    for part in (sealed, sealed_key):
        query = query.join(part, (part.c.subject == table.c.subject) & (part.c.digest == table.c.digest))
    return query
