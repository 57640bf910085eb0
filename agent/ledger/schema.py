"""The ledger's tables, as migrations that each run in one commit with the record of having run.

Only `entry` and `epoch` are the journal. `profile`, `search`, `slip`, `state`, `programme`, `snapshot`, `joined`,
`hq_entry`, `till_key` and `voucher` are not derived either: they are backed up, or given again by headquarters.
`account`, `card`, `account_entry`, `lot`, `returned`, `redemption` and `closure` hold what `agent.journal.fold` says
and can be dropped and rebuilt.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("ledger")

JOURNAL = """
CREATE TABLE epoch (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    first_n INTEGER NOT NULL
) STRICT;
CREATE TABLE entry (
    n INTEGER PRIMARY KEY,
    op TEXT NOT NULL UNIQUE,
    ask BLOB NOT NULL,
    hash BLOB NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never changed: correct a mistake by a new entry'); END;
CREATE TRIGGER entry_is_kept BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never deleted: correct a mistake by a new entry'); END;
CREATE TRIGGER entry_is_appended BEFORE INSERT ON entry
WHEN new.n != (SELECT coalesce(max(n), 0) + 1 FROM entry)
BEGIN SELECT RAISE(ABORT, 'entries are only appended'); END;
CREATE TRIGGER epoch_stays BEFORE UPDATE ON epoch
BEGIN SELECT RAISE(ABORT, 'epochs are never changed'); END;
CREATE TRIGGER epoch_is_kept BEFORE DELETE ON epoch
BEGIN SELECT RAISE(ABORT, 'epochs are never deleted'); END
"""

KEPT = """
CREATE TABLE profile (
    subject TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
CREATE INDEX profile_account ON profile (account);
CREATE TABLE search (
    token BLOB NOT NULL,
    subject TEXT NOT NULL,
    account TEXT NOT NULL,
    PRIMARY KEY (token, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX search_subject ON search (subject);
CREATE TABLE slip (
    id INTEGER PRIMARY KEY,
    n INTEGER NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    facts BLOB NOT NULL
) STRICT;
CREATE INDEX slip_open ON slip (id) WHERE state IN ('queued', 'sent');
CREATE INDEX slip_failed ON slip (id) WHERE state = 'failed';
CREATE TABLE state (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE programme (
    version TEXT PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;
CREATE TABLE snapshot (
    account TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    upto_n INTEGER NOT NULL,
    lots BLOB NOT NULL
) STRICT;
CREATE TABLE hq_entry (
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    signature BLOB NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (epoch, seq)
) STRICT;
CREATE TABLE joined (
    account TEXT PRIMARY KEY,
    into_account TEXT NOT NULL
) STRICT
"""

DERIVED = """
CREATE TABLE account (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE card (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX card_account ON card (account);
CREATE TABLE account_entry (
    account TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (account, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE lot (
    account TEXT NOT NULL,
    unit TEXT NOT NULL,
    lot TEXT NOT NULL,
    expires TEXT,
    amount INTEGER NOT NULL,
    PRIMARY KEY (account, unit, lot)
) STRICT, WITHOUT ROWID;
CREATE TABLE returned (
    op TEXT NOT NULL,
    line INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (op, line)
) STRICT, WITHOUT ROWID;
CREATE TABLE redemption (
    op TEXT PRIMARY KEY,
    settled_n INTEGER NOT NULL
) STRICT, WITHOUT ROWID
"""

DERIVED_TABLES = ("account", "card", "account_entry", "lot", "returned", "redemption", "closure")


@migrations()
def m001_ledger(db: Database) -> None:
    """The first ledger: journal, what is kept beside it, what is derived from it."""
    for statement in _statements(JOURNAL) + _statements(KEPT) + _statements(DERIVED):
        db.execute(statement)


@migrations()
def m002_roles(db: Database) -> None:
    """Cards get a role: all that were opened so far may spend."""
    db.execute("ALTER TABLE card ADD COLUMN role TEXT NOT NULL DEFAULT 'spend'")


@migrations()
def m003_closures(db: Database) -> None:
    """Which entries are closures, to find the last Z by: `z` is its number, 0 that of an X."""
    db.execute("CREATE TABLE closure (n INTEGER PRIMARY KEY, z INTEGER NOT NULL) STRICT")
    db.execute("CREATE INDEX closure_z ON closure (z)")


@migrations()
def m004_codes(db: Database) -> None:
    """What headquarters says of codes: the keys that tills sign with, by their tags, and the vouchers it knows.

    `known` is by what a voucher's typed code is known where its shop's key is not.
    """
    db.execute("CREATE TABLE till_key (tag BLOB PRIMARY KEY, till TEXT NOT NULL, key BLOB NOT NULL) STRICT")
    db.execute(
        "CREATE TABLE voucher (serial TEXT NOT NULL, shop TEXT NOT NULL, unit TEXT NOT NULL, amount INTEGER NOT NULL,"
        " known BLOB, PRIMARY KEY (serial, shop, unit)) STRICT, WITHOUT ROWID"
    )


@migrations()
def m005_card_entries(db: Database) -> None:
    """By which own entry a card was linked last, 0 if by none: what headquarters said before that counts no more.

    An account that is part of another by now has no row of its own any more.
    """
    db.execute("ALTER TABLE card ADD COLUMN n INTEGER NOT NULL DEFAULT 0")
    db.execute("""
        WITH linked AS (
            SELECT json_extract(CAST(bytes AS TEXT), '$.body.card') AS card, max(n) AS n FROM entry
            WHERE json_extract(CAST(bytes AS TEXT), '$.kind') IN ('card_opened', 'card_linked', 'enrolment') GROUP BY 1
        )
        UPDATE card SET n = linked.n FROM linked WHERE linked.card = card.id
    """)
    db.execute("DELETE FROM account WHERE id IN (SELECT account FROM joined)")


@migrations()
def m006_profiles(db: Database) -> None:
    """Profiles get numbers that are never used twice, and tokens lead to these; the tokens are made anew at the open.

    `half`: see `agent.ledger.kept.profiles.rows`.
    """
    db.execute(
        "CREATE TABLE numbered (id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL UNIQUE,"
        " account TEXT NOT NULL, sealed BLOB NOT NULL) STRICT"
    )
    db.execute("INSERT INTO numbered (subject, account, sealed) SELECT subject, account, sealed FROM profile")
    db.execute("DROP TABLE profile")
    db.execute("ALTER TABLE numbered RENAME TO profile")
    db.execute("CREATE INDEX profile_account ON profile (account)")
    db.execute("DROP TABLE search")
    db.execute(
        "CREATE TABLE search (half INTEGER NOT NULL, token BLOB NOT NULL, profile INTEGER NOT NULL,"
        " PRIMARY KEY (half, token, profile)) STRICT, WITHOUT ROWID"
    )


@migrations()
def m007_used_up(db: Database) -> None:
    """A member's lot that is used up has no row: a sale reads what there is, however long he has been a member.

    And what was joined into an account is found without looking through all that ever was.
    """
    db.execute("DELETE FROM lot WHERE amount = 0 AND instr(account, ':') = 0")
    db.execute("CREATE INDEX joined_into ON joined (into_account)")


@migrations()
def m008_copies(db: Database) -> None:
    """Copies of slips have jobs of their own and are counted; a slip may have to be printed again, or be doubtful."""
    db.execute("ALTER TABLE slip ADD COLUMN copy INTEGER NOT NULL DEFAULT 0")
    db.execute("DROP INDEX slip_open")
    db.execute("CREATE INDEX slip_open ON slip (id) WHERE state IN ('queued', 'again', 'sent')")
    db.execute("CREATE INDEX slip_doubtful ON slip (id) WHERE state = 'doubtful'")
    db.execute("CREATE INDEX slip_entry ON slip (n)")


def step_names() -> frozenset[str]:
    """Return the names of all migrations that this version has."""
    return frozenset(migration.name for migration in migrations.pending(Database(memory=True)))


def _statements(script: str) -> list[str]:
    """Split at the ends of statements; a trigger's body ends with END."""
    parts: list[str] = []
    for part in script.split(";\n"):
        if parts and parts[-1].lstrip().startswith("CREATE TRIGGER") and "END" not in parts[-1]:
            parts[-1] += ";\n" + part
        elif part.strip():
            parts.append(part)
    return parts
