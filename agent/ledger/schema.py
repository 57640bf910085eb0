"""The ledger's tables, as migrations that each run in one commit with the record of having run.

Only `entry` and `epoch` are the journal. `profile`, `search`, `slip`, `state`, `programme`, `snapshot`, `joined` and
`hq_entry` are not derived either: they are backed up, or given again by headquarters. `account`, `card`,
`account_entry`, `lot`, `returned` and `redemption` hold what `agent.journal.fold` says and can be dropped and rebuilt.
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

DERIVED_TABLES = ("account", "card", "account_entry", "lot", "returned", "redemption")


@migrations()
def m001_ledger(db: Database) -> None:
    """The first ledger: journal, what is kept beside it, what is derived from it."""
    for statement in _statements(JOURNAL) + _statements(KEPT) + _statements(DERIVED):
        db.execute(statement)


@migrations()
def m002_roles(db: Database) -> None:
    """Cards get a role: all that were opened so far may spend."""
    db.execute("ALTER TABLE card ADD COLUMN role TEXT NOT NULL DEFAULT 'spend'")


def _statements(script: str) -> list[str]:
    """Split at the ends of statements; a trigger's body ends with END."""
    parts: list[str] = []
    for part in script.split(";\n"):
        if parts and parts[-1].lstrip().startswith("CREATE TRIGGER") and "END" not in parts[-1]:
            parts[-1] += ";\n" + part
        elif part.strip():
            parts.append(part)
    return parts
