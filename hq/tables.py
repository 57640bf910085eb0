"""Every table of headquarters, on one page.

What the tills sent (`journal`, `raw`, `fork`, `sealed`, `sealed_key`) and who they are (`till`, `enrol_code`, `flag`)
is kept; the books below it are derived from `raw` and can be dropped and rebuilt. Money is in minor units, quantities
are in thousandths, times are Unix milliseconds by headquarters' clock.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData()


def _journal(*, primary: bool = True) -> Column[int]:
    return Column("journal", Integer, ForeignKey("journal.id"), primary_key=primary)


# What headquarters is: its epoch, the last version of the feed.
meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)

# An enrolled till (`shop/name`), its public keys, and the last request it made with the answer it was given.
till = Table(
    "till",
    metadata,
    Column("id", String, primary_key=True),
    Column("shop", String, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("profile_key", LargeBinary, nullable=False),
    Column("enrolled_ms", BigInteger, nullable=False),
    Column("contact_ms", BigInteger, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("nonce", String, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("answer_type", String, nullable=False),
)

# What a person should look at: a counter that does not fit, a journal with two histories; how often, the last of it.
flag = Table(
    "flag",
    metadata,
    Column("till", String, primary_key=True),
    Column("what", String, primary_key=True),
    Column("times", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("detail", String, nullable=False),
)

# A one-off code for a planned till: `handle` is the part that may be known, of the secret only its hash is kept.
enrol_code = Table(
    "enrol_code",
    metadata,
    Column("handle", String, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("till", String, nullable=False),
    Column("shop", String, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("used_key", LargeBinary),
)

# A journal: one epoch of one till, or of headquarters itself; `seq` and `head` say where its prefix ends.
journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("till", String, nullable=False),
    Column("epoch", String, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
    UniqueConstraint("till", "epoch"),
)

raw = Table(
    "raw",
    metadata,
    _journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
)

# Entries that came with the number of another: both are kept.
fork = Table(
    "fork",
    metadata,
    _journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
)

# Personal data, sealed; the keys apart, wrapped for headquarters. Without its key a record is noise.
sealed = Table(
    "sealed",
    metadata,
    Column("subject", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

sealed_key = Table(
    "sealed_key",
    metadata,
    Column("subject", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

# The programme file in force in a shop, as hq.toml names it.
programme = Table(
    "programme",
    metadata,
    Column("shop", String, primary_key=True),
    Column("version", String, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

# ---- The books. -----------------------------------------------------------------------------------------------------

# How far each journal is in the books.
booked = Table(
    "booked",
    metadata,
    _journal(),
    Column("seq", BigInteger, nullable=False),
)

# Entries that cannot be interpreted: kept in `raw`, absent from the books, and the chain goes on.
quarantine = Table(
    "quarantine",
    metadata,
    _journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("reason", String, nullable=False),
)

# `root` is the account this one was joined into, or itself. Lots stay with the account they were posted on.
account = Table(
    "account",
    metadata,
    Column("id", String, primary_key=True),
    Column("status", String, nullable=False),
    Column("root", String, nullable=False, index=True),
)

# `fingerprint` is a keyed hash of the card's number: the same card opened at two tills has two ids and one fingerprint.
# `role` is what the card may do: `spend`, or only `earn`.
card = Table(
    "card",
    metadata,
    Column("id", String, primary_key=True),
    Column("account", String, nullable=False, index=True),
    Column("fingerprint", LargeBinary, index=True),
    Column("role", String, nullable=False),
)

# The sealed profile that counts for a subject (an account or a card), and the account it belongs to.
profile = Table(
    "profile",
    metadata,
    Column("subject", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("account", String, nullable=False, index=True),
)

lot = Table(
    "lot",
    metadata,
    Column("account", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("lot", String, primary_key=True),
    Column("expires", String),
    Column("amount", BigInteger, nullable=False),
)

# Postings per ledger account; all members' accounts together are `account`. Each unit sums to zero.
posting_total = Table(
    "posting_total",
    metadata,
    Column("unit", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("amount", BigInteger, nullable=False),
)

sale = Table(
    "sale",
    metadata,
    _journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("op", String, nullable=False),
    Column("account", String, index=True),
    Column("card", String),
    Column("currency", String, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("day", String, nullable=False),
    Column("sold_at", String, nullable=False),
)

sale_line = Table(
    "sale_line",
    metadata,
    _journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("article", String, nullable=False),
    Column("category", String),
    Column("quantity", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
)

refund = Table(
    "refund",
    metadata,
    _journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("op", String, nullable=False),
    Column("account", String, index=True),
    Column("card", String),
    Column("currency", String, nullable=False),
    Column("money", BigInteger, nullable=False),
    Column("day", String, nullable=False),
)

# `sale` is the op of a sale at the same till, `sale_line` its line; both null when nobody has the receipt.
refund_line = Table(
    "refund_line",
    metadata,
    _journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("sale", String),
    Column("sale_line", Integer),
    Column("article", String, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
)

redemption = Table(
    "redemption",
    metadata,
    _journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("op", String, nullable=False),
    Column("account", String, nullable=False, index=True),
    Column("reward", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("free", Boolean, nullable=False),
)

undone = Table(
    "undone",
    metadata,
    _journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("redemption", String, nullable=False),
)

# What every account bought and brought back, per currency.
spend = Table(
    "spend",
    metadata,
    Column("account", String, primary_key=True),
    Column("currency", String, primary_key=True),
    Column("sales", BigInteger, nullable=False),
    Column("returns", BigInteger, nullable=False),
)

# The same per till, anonymous sales included.
takings = Table(
    "takings",
    metadata,
    Column("till", String, primary_key=True),
    Column("currency", String, primary_key=True),
    Column("sales", BigInteger, nullable=False),
    Column("sales_money", BigInteger, nullable=False),
    Column("refunds", BigInteger, nullable=False),
    Column("returns_money", BigInteger, nullable=False),
)

# What the feed has to tell: the version at which a subject last changed. Versions outlive a rebuild of the books.
changed = Table(
    "changed",
    metadata,
    Column("kind", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("version", BigInteger, nullable=False, index=True),
)

DERIVED = (
    booked,
    quarantine,
    account,
    card,
    profile,
    lot,
    posting_total,
    sale,
    sale_line,
    refund,
    refund_line,
    redemption,
    undone,
    spend,
    takings,
)
