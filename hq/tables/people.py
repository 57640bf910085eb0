"""What entries say of people, derived as the books are: records of a member, and the shops that know him."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table

from hq.tables.columns import TEXT, metadata, of_journal

# Every sealed record that an entry names. Of a subject with several, `profile` has the latest.
record = Table(
    "record",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("subject", TEXT, primary_key=True, index=True),
    Column("digest", TEXT, nullable=False),
)

# A field of a profile whose value is that of an earlier record than the latest, by its digest.
profile_field = Table(
    "profile_field",
    metadata,
    Column("subject", TEXT, primary_key=True),
    Column("field", TEXT, primary_key=True),
    Column("digest", TEXT, nullable=False),
)

# Another value of a field, in the record that holds it: what `till` said while it did not know what another till had
# said, or was said by one that did not know of this.
other_value = Table(
    "other_value",
    metadata,
    Column("subject", TEXT, primary_key=True),
    Column("field", TEXT, primary_key=True),
    Column("digest", TEXT, primary_key=True),
    Column("till", TEXT, nullable=False, index=True),
    Column("at_ms", BigInteger, nullable=False),
)

# The shops at whose tills an account was opened or seen.
seen_in = Table(
    "seen_in",
    metadata,
    Column("account", TEXT, primary_key=True),
    Column("shop", TEXT, primary_key=True),
)

# Which account one was joined into; where that leads is its `account.root`.
joined = Table(
    "joined",
    metadata,
    Column("account", TEXT, primary_key=True),
    Column("into", TEXT, nullable=False, index=True),
)

# A sign-up with a code that its till did not know; `op` is what headquarters' judgement of it is named.
referred = Table(
    "referred",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("op", TEXT, nullable=False, index=True),
    Column("account", TEXT, nullable=False),
    Column("code", TEXT, nullable=False),
)

PEOPLE = (referred, joined, record, profile_field, other_value, seen_in)
