"""The books: derived from `raw`, dropped and rebuilt at will."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
)

from hq.tables.columns import TEXT, metadata, of_journal, sum_of

MEMBERS = "account"  # all members' ledger accounts together, in `posting_total`

# How far each journal is in the books.
booked = Table(
    "booked",
    metadata,
    of_journal(),
    Column("seq", BigInteger, nullable=False),
)

# The ids of entries in the books: one that comes again under another number is set aside.
identity = Table(
    "identity",
    metadata,
    Column("till", TEXT, primary_key=True),
    Column("id", TEXT, primary_key=True),
)

# Entries that cannot be interpreted: kept in `raw`, absent from the books, and the chain goes on.
quarantine = Table(
    "quarantine",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("reason", TEXT, nullable=False),
)

# `root` is the account this one was joined into, or itself. Lots stay with the account they were posted on.
account = Table(
    "account",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("status", TEXT, nullable=False),
    Column("root", TEXT, nullable=False, index=True),
)

# `fingerprint` is a keyed hash of the card's number: the same card opened at two tills has two ids and one fingerprint.
# `role` is what the card may do: `spend`, or only `earn`.
card = Table(
    "card",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("account", TEXT, nullable=False, index=True),
    Column("fingerprint", LargeBinary, index=True),
    Column("role", TEXT, nullable=False),
)

# The sealed profile that counts for a subject (an account or a card), and the account it belongs to.
profile = Table(
    "profile",
    metadata,
    Column("subject", TEXT, primary_key=True),
    Column("digest", TEXT, nullable=False),
    Column("account", TEXT, nullable=False, index=True),
)

lot = Table(
    "lot",
    metadata,
    Column("account", TEXT, primary_key=True),
    Column("unit", TEXT, primary_key=True),
    Column("lot", TEXT, primary_key=True),
    Column("expires", TEXT),
    sum_of("amount"),
)

# Postings per ledger account; all members' accounts together are MEMBERS. Each unit sums to zero.
posting_total = Table(
    "posting_total",
    metadata,
    Column("unit", TEXT, primary_key=True),
    Column("account", TEXT, primary_key=True),
    sum_of("amount"),
)

# What triggers on the two tables above sum (hq.database.conservation); a commit ends with both at zero or not at all.
even = Table(
    "even",
    metadata,
    Column("posted", BigInteger, CheckConstraint("posted = 0"), primary_key=True, autoincrement=False),
    Column("apart", BigInteger, CheckConstraint("apart = 0"), primary_key=True, autoincrement=False),
)

unit_sum = Table(
    "unit_sum",
    metadata,
    Column("unit", TEXT, primary_key=True),
    Column("posted", BigInteger, nullable=False),
    Column("apart", BigInteger, nullable=False),
    ForeignKeyConstraint(["posted", "apart"], ["even.posted", "even.apart"], deferrable=True, initially="DEFERRED"),
)

# `tag` is what the codes on its slip name it by (agent.journal.codes.sale_tag).
sale = Table(
    "sale",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("op", TEXT, nullable=False, index=True),
    Column("account", TEXT, index=True),
    Column("card", TEXT),
    Column("currency", TEXT, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("day", TEXT, nullable=False),
    Column("sold_at", TEXT, nullable=False),
    Column("tag", TEXT, nullable=False, index=True),
)

sale_line = Table(
    "sale_line",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("article", TEXT, nullable=False),
    Column("category", TEXT),
    Column("quantity", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
)

refund = Table(
    "refund",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("op", TEXT, nullable=False),
    Column("account", TEXT, index=True),
    Column("card", TEXT),
    Column("currency", TEXT, nullable=False),
    Column("money", BigInteger, nullable=False),
    Column("day", TEXT, nullable=False),
)

# `sale` is the op of a sale at `till`, `sale_line` its line; all null when nobody has the receipt.
refund_line = Table(
    "refund_line",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("till", TEXT),
    Column("sale", TEXT),
    Column("sale_line", Integer),
    Column("article", TEXT, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Index("refund_line_sale", "sale", "till"),
)

# A refund of a sale that its till did not have: the sale by its tag and, if the slip's code said it, its entry.
provisional = Table(
    "provisional",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("tag", TEXT, nullable=False, index=True),
    Column("entry", TEXT),
)

# An entry of headquarters' own that puts the provisional refund with this entry id right ...
settlement = Table(
    "settlement",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("refund", TEXT, nullable=False, index=True),
)

# ... and what came back by it: so many thousandths more (or less) of a line of a sale.
settled_line = Table(
    "settled_line",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("till", TEXT, nullable=False),
    Column("sale", TEXT, nullable=False),
    Column("sale_line", Integer, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Index("settled_line_sale", "sale", "till"),
)

# `account` is null when a voucher was spent: it is its bearer's.
redemption = Table(
    "redemption",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("op", TEXT, nullable=False, index=True),
    Column("account", TEXT, index=True),
    Column("reward", TEXT, nullable=False),
    Column("unit", TEXT, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("free", Boolean, nullable=False),
)

undone = Table(
    "undone",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("redemption", TEXT, nullable=False),
)

# What every account bought and brought back, per currency.
spend = Table(
    "spend",
    metadata,
    Column("account", TEXT, primary_key=True),
    Column("currency", TEXT, primary_key=True),
    sum_of("sales"),
    sum_of("returns"),
)

# The same per till, anonymous sales included.
takings = Table(
    "takings",
    metadata,
    Column("till", TEXT, primary_key=True),
    Column("currency", TEXT, primary_key=True),
    sum_of("sales"),
    sum_of("sales_money"),
    sum_of("refunds"),
    sum_of("returns_money"),
)

# The same per business day of the shop.
day_takings = Table(
    "day_takings",
    metadata,
    Column("till", TEXT, primary_key=True),
    Column("day", TEXT, primary_key=True, index=True),
    Column("currency", TEXT, primary_key=True),
    sum_of("sales"),
    sum_of("sales_money"),
    sum_of("refunds"),
    sum_of("returns_money"),
)

# Entries of a business day in a journal: the first and the last of them, how many, how many by an unconfirmed clock.
journal_day = Table(
    "journal_day",
    metadata,
    of_journal(),
    Column("day", TEXT, primary_key=True, index=True),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("unconfirmed", BigInteger, nullable=False),
)

# What headquarters has decided, by the op that names it once for ever.
decision = Table("decision", metadata, Column("op", TEXT, primary_key=True), Column("entry", TEXT, nullable=False))

# Members who are erased; `own` says that headquarters' own journal says so, which every till hears of.
erased = Table("erased", metadata, Column("account", TEXT, primary_key=True), Column("own", Boolean, nullable=False))

# Units a member lost for want of a purchase since `last_sale`; one on a day up to `until` would have saved them.
lapse = Table(
    "lapse",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("account", TEXT, nullable=False, index=True),
    Column("last_sale", TEXT, nullable=False),
    Column("until", TEXT, nullable=False),
)

# A till's X (no number) or Z, and the chain's head after the entries it is about; `totals` are the period's, in JSON.
closure = Table(
    "closure",
    metadata,
    of_journal(),
    Column("seq", BigInteger, primary_key=True),
    Column("number", BigInteger),
    Column("day", TEXT, nullable=False, index=True),
    Column("head", TEXT, nullable=False),
    Column("totals", TEXT, nullable=False),
)

# Lots that grew by entries of a journal whose end (`journal_end`) is not in the books: its till may have spent them.
fresh = Table(
    "fresh",
    metadata,
    of_journal(),
    Column("account", TEXT, primary_key=True, index=True),
    Column("unit", TEXT, primary_key=True),
    Column("lot", TEXT, primary_key=True),
)

BOOKS = (
    booked,
    identity,
    quarantine,
    account,
    card,
    profile,
    lot,
    posting_total,
    unit_sum,
    sale,
    sale_line,
    refund,
    refund_line,
    provisional,
    settlement,
    settled_line,
    redemption,
    undone,
    spend,
    takings,
    day_takings,
    journal_day,
    fresh,
    decision,
    erased,
    lapse,
    closure,
)
