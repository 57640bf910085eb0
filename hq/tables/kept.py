"""What is kept: who the tills are, what they sent, what they are told, what was done."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Table, UniqueConstraint

from hq.tables.columns import TEXT, metadata, of_journal, sum_of

# What headquarters is: its epoch, the last version of the feed (and, on PostgreSQL, the number of its schema).
meta = Table(
    "meta",
    metadata,
    Column("key", TEXT, primary_key=True),
    Column("value", TEXT, nullable=False),
)

# An enrolled till (`shop/name`), its public keys, and the last request it made with the answer it was given.
# `reported_ms`: when it last asked for news, which it does after it gave all it had. `before_*`: the request before the
# last one, which may still be on its way somewhere.
till = Table(
    "till",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("shop", TEXT, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("profile_key", LargeBinary, nullable=False),
    Column("enrolled_ms", BigInteger, nullable=False),
    Column("contact_ms", BigInteger, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("nonce", TEXT, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("answer_type", TEXT, nullable=False),
    Column("reported_ms", BigInteger),
    Column("before_nonce", TEXT),
    Column("before_request", LargeBinary),
)

# What a person should look at: a counter that does not fit, a journal with two histories; how often, the last of it.
flag = Table(
    "flag",
    metadata,
    Column("till", TEXT, primary_key=True),
    Column("what", TEXT, primary_key=True),
    Column("times", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("detail", TEXT, nullable=False),
)

# A one-off code for a planned till: `handle` is the part that may be known, of the secret only its hash is kept.
# `replaces`: somebody at headquarters approved that another machine takes the place of an enrolled till.
enrol_code = Table(
    "enrol_code",
    metadata,
    Column("handle", TEXT, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("till", TEXT, nullable=False),
    Column("shop", TEXT, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("replaces", Boolean, nullable=False),
    Column("used_key", LargeBinary),
)

# A machine whose place another one took: the key it signed by, and where its journal stood. `journal` is the highest id
# of a journal then: of those that were begun later it has no say.
replaced = Table(
    "replaced",
    metadata,
    Column("till", TEXT, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("journal", Integer, nullable=False),
    Column("epoch", TEXT),
    Column("seq", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
)

# Wrong codes of enrolment, by the address they came from.
guess = Table(
    "guess",
    metadata,
    Column("source", TEXT, primary_key=True),
    Column("since_ms", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),
)

# A journal: one epoch of one till, or of headquarters itself; `seq` and `head` say where its prefix ends.
journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("till", TEXT, nullable=False),
    Column("epoch", TEXT, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
    UniqueConstraint("till", "epoch"),
)

raw = Table(
    "raw",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
)

# Entries that came with the number of another: both are kept.
fork = Table(
    "fork",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
)

# A machine that speaks as a till while another one does, by the nonce it was refused under: where its journal stands,
# and `lost` once somebody decided that another machine is the till (before it was refused: by its head). `own` is an
# epoch in which nobody else had spoken before it; of one that lost, the machine that was kept does not either.
copy = Table(
    "copy",
    metadata,
    Column("till", TEXT, primary_key=True),
    Column("nonce", TEXT, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("epoch", TEXT, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("own", TEXT),
    Column("lost", Boolean, nullable=False),
)

# The journal of a machine that lost its till: its entries after `seq` of the epoch it shares with the till.
branch = Table(
    "branch",
    metadata,
    of_journal(),
    Column("seq", BigInteger, nullable=False),
)

# Up to where a till bears witness to an epoch of headquarters' own journal that headquarters has left.
witnessed = Table(
    "witnessed",
    metadata,
    Column("till", TEXT, primary_key=True),
    Column("epoch", TEXT, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

# A till that nobody waits for any more, until it is heard of again.
written_off = Table(
    "written_off",
    metadata,
    Column("till", TEXT, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("by_name", TEXT, nullable=False),
)

# Personal data, sealed; the keys apart, wrapped for headquarters. Without its key a record is noise.
sealed = Table(
    "sealed",
    metadata,
    Column("subject", TEXT, primary_key=True),
    Column("digest", TEXT, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

sealed_key = Table(
    "sealed_key",
    metadata,
    Column("subject", TEXT, primary_key=True),
    Column("digest", TEXT, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

# The programme file in force in a shop, as hq.toml names it.
programme = Table(
    "programme",
    metadata,
    Column("shop", TEXT, primary_key=True),
    Column("version", TEXT, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

# A shop's keys for codes to type, wrapped for headquarters; the one with the highest number makes new codes.
shop_key = Table(
    "shop_key",
    metadata,
    Column("shop", TEXT, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

# Somebody who works at the tills of a shop, as the desk named them; `pin` is the PIN's Argon2id string, null for one
# who left.
staff = Table(
    "staff",
    metadata,
    Column("shop", TEXT, primary_key=True),
    Column("id", TEXT, primary_key=True),
    Column("role", TEXT, nullable=False),
    Column("pin", TEXT),
)

# How many sales of other tills a till has asked for since `since_ms`.
asked = Table(
    "asked",
    metadata,
    Column("till", TEXT, primary_key=True),
    Column("since_ms", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),
)

# What `tally-hq work` did on a business day: each job at most once, unless it failed. `ended_ms` is null while it runs.
job_run = Table(
    "job_run",
    metadata,
    Column("job", TEXT, primary_key=True),
    Column("day", TEXT, primary_key=True),
    Column("started_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
    Column("outcome", TEXT, nullable=False),
    Column("detail", TEXT, nullable=False),
)

# Units promised to a till for a redemption that the books do not have yet, as parts of lots of `account` and what was
# joined into it. It ends when they have the redemption, the till's `epoch` up to entry `upto`, or a later epoch.
promise = Table(
    "promise",
    metadata,
    Column("till", TEXT, primary_key=True),
    Column("op", TEXT, primary_key=True),
    Column("account", TEXT, primary_key=True, index=True),
    Column("unit", TEXT, primary_key=True),
    Column("lot", TEXT, primary_key=True),
    Column("epoch", TEXT, nullable=False),
    Column("upto", BigInteger, nullable=False),
    sum_of("amount"),
)

# Where a till said its journal ends, when it sent a batch that does not lead there.
journal_end = Table(
    "journal_end",
    metadata,
    of_journal(),
    Column("seq", BigInteger, nullable=False),
)

# What the feed has to tell: the version at which a subject last changed. Versions outlive a rebuild of the books.
changed = Table(
    "changed",
    metadata,
    Column("kind", TEXT, primary_key=True),
    Column("subject", TEXT, primary_key=True),
    Column("version", BigInteger, nullable=False, index=True),
)
