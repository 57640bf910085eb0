import hashlib
import threading
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from agent.errors import ChainBrokenError, LedgerDamagedError, LedgerError, TallyError
from agent.journal import chain
from agent.journal.entry import decode_entry
from agent.ledger import audit
from agent.ledger.audit import exporting
from agent.ledger.ledger import Ledger
from tests.ledger.tills import TILL, derived, draft, earned, enrol, opened, sale, tamper


@pytest.fixture
def busy(path: Path) -> Path:
    """A closed ledger of two epochs in which something of every kind happened."""
    with closing(opened(path)) as ledger:
        _live_a_day(ledger)
    return path


def _live_a_day(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Ada", "phone": "07700900123"}, number="982600000006")
    card = ledger.keys.seal({"number": "04AABBCCDDEEFF", "source": "chip"}, subject="c", account="b")
    ledger.append(draft("open-b", kind="card_opened", body={"account": "b", "card": "c"}, profiles=(card,)))
    for i in range(4):
        ledger.append(sale(f"sale-{i}", account="ab"[i % 2], points=10 + i))
    ledger.append(draft("redeem", kind="redemption", body={"account": "a"}, postings=earned("a", -7, lot="sale-0")))
    ledger.begin_epoch()
    ledger.append(draft("pay", body={"account": "a", "redemptions": ["redeem"]}))
    lines = [{"sale": "sale-1", "line": 0, "quantity": 1000}, {"quantity": 5}]
    taken = earned("b", -11, lot="sale-1")
    ledger.append(draft("refund", kind="refund", body={"account": "b", "lines": lines}, postings=taken))
    ledger.append(draft("undo", kind="redemption_undone", body={"redemption": "other"}))
    ledger.append(draft("future", kind="from-the-future", postings=earned("a", 1, lot="gift")))


def test_a_whole_ledger_verifies_epoch_by_epoch(busy: Path) -> None:
    with closing(opened(busy)) as ledger:
        seen, epochs = audit.verify(ledger), ledger.epochs()

    assert seen == [audit.Verified(one.epoch, one.seq, one.head.hex()) for one in epochs]
    assert [one.entries for one in seen] == [8, 5]


def test_a_ledger_verifies_beside_a_running_agent(busy: Path) -> None:
    with closing(opened(busy)), closing(opened(busy, read_only=True)) as reader:
        assert len(audit.verify(reader)) == 2


_FLIP = "UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), '{}', '{}') AS BLOB) WHERE op = '{}'"


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ([_FLIP.format('"amount":10', '"amount":99', "sale-0")], "entry 4 of till 'till-1'"),
        ([_FLIP.format('"seq":2', '"seq":3', "pay")], "entry 2 of till 'till-1'"),
        (["UPDATE entry SET hash = zeroblob(32) WHERE op = 'sale-2'"], "entry 6 "),
        (["UPDATE entry SET hash = zeroblob(32) WHERE n = 1"], "entry 1 "),
        (["DELETE FROM entry WHERE op = 'sale-1'"], "entry 5 "),
        (["DELETE FROM entry WHERE op = 'redeem'"], "entry number 8 is missing"),  # the end of the first epoch
        (["DELETE FROM entry WHERE n = 1"], "entry 1 "),
        (["DELETE FROM entry WHERE op = 'refund'"], "entry 3 "),
        (
            [
                "UPDATE entry SET n = 100 WHERE n = 5",
                "UPDATE entry SET n = 5 WHERE n = 6",
                "UPDATE entry SET n = 6 WHERE n = 100",
            ],
            "entry 5 ",
        ),
        (["UPDATE entry SET op = 'x' WHERE op = 'sale-1'"], "entry number 5 stands under another op: 'x'"),
        (
            ["INSERT INTO entry SELECT 0, 'x', ask, hash, bytes FROM entry WHERE n = 4"],
            "entry number 0 is outside every epoch",
        ),
        (["UPDATE epoch SET first_n = 8 WHERE no = 2"], "epoch"),
        (["DELETE FROM epoch WHERE no = 1"], "epoch"),
    ],
)
def test_what_somebody_did_to_the_file_is_found(busy: Path, statements: list[str], message: str) -> None:
    tamper(busy, *statements)

    with pytest.raises(TallyError, match=message) as caught, closing(opened(busy)) as ledger:
        audit.verify(ledger)
    assert isinstance(caught.value, ChainBrokenError | LedgerDamagedError)


def test_an_epoch_rewritten_from_end_to_end_does_not_match_what_grew_from_it(busy: Path) -> None:
    with closing(opened(busy)) as ledger, ledger.reading() as conn:
        rows = conn.execute("SELECT n, bytes FROM entry WHERE n <= 8 ORDER BY n").fetchall()
    head, statements = chain.GENESIS, []
    for n, data in rows:
        forged = data.replace(b'"by":"pos"', b'"by":"sop"')
        head = hashlib.sha256(head + forged).digest()
        statements.append(f"UPDATE entry SET bytes = x'{forged.hex()}', hash = x'{head.hex()}' WHERE n = {n:d}")  # noqa: S608 - hex
    tamper(busy, *statements)

    with closing(opened(busy)) as ledger, pytest.raises(ChainBrokenError, match="entry number 9 grew from"):
        audit.verify(ledger)


def test_an_index_that_does_not_fit_its_table_is_found(busy: Path) -> None:
    tamper(
        busy,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'profile_account')"
        " WHERE name = 'card_account'",
    )

    with closing(opened(busy)) as ledger, pytest.raises(LedgerDamagedError, match=r"ledger 'ledger.db'"):
        audit.verify(ledger)


def test_rebuilding_gives_the_very_tables_that_were_there(busy: Path) -> None:
    with closing(opened(busy)) as ledger:
        before, identity = derived(ledger), ledger.identity
        folded = audit.rebuild(ledger)

        assert (derived(ledger), ledger.identity, folded) == (before, identity, 13)
    assert all(before.values()), "the day left a table empty, so the comparison says nothing about it"


def test_rebuilding_mends_tables_that_somebody_changed(busy: Path) -> None:
    with closing(opened(busy)) as ledger:
        before = derived(ledger)
    tamper(busy, "UPDATE lot SET amount = 1000000", "DELETE FROM card", "INSERT INTO account VALUES ('x', 'regular')")
    with closing(opened(busy)) as ledger:
        spoilt = derived(ledger)
        audit.rebuild(ledger)

        assert (derived(ledger), spoilt != before) == (before, True)


def test_rebuilding_leaves_what_is_not_derived_alone(busy: Path) -> None:
    kept = ("entry", "epoch", "profile", "search", "slip", "state", "programme", "snapshot", "joined")

    def tables(ledger: Ledger) -> list[object]:
        with ledger.reading() as conn:
            return [conn.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in kept]  # noqa: S608 - names from above

    with closing(opened(busy)) as ledger:
        before = tables(ledger)
        audit.rebuild(ledger)

        assert tables(ledger) == before


def test_a_rebuild_that_meets_a_broken_entry_changes_nothing(path: Path) -> None:
    with closing(opened(path)) as ledger:
        _live_a_day(ledger)
        before = derived(ledger)
        tamper(path, "UPDATE entry SET bytes = x'7b7d' WHERE op = 'sale-1'")
        with pytest.raises(TallyError):
            audit.rebuild(ledger)

        assert derived(ledger) == before


def test_the_account_an_account_was_joined_to_gets_its_units_when_rebuilt(path: Path) -> None:
    with closing(opened(path)) as ledger:
        _live_a_day(ledger)
        units = {row[2]: row[-1] for row in derived(ledger)["lot"]}
        with ledger.write() as conn:
            conn.execute("INSERT INTO joined VALUES ('b', 'a')")
        ledger.reload_joined()
        audit.rebuild(ledger)

        assert {row[2]: row[-1] for row in derived(ledger)["lot"]} == units
        assert {row[0] for row in derived(ledger)["lot"]} == {"a"}


def test_an_export_holds_every_entry_as_it_is(busy: Path) -> None:
    with closing(opened(busy, read_only=True)) as ledger:
        lines = list(audit.export(ledger))
        ends = [one.head.hex() for one in ledger.epochs()]
    rows = [(bytes.fromhex(orjson.loads(line)["hash"]), line[line.index(b'"entry":') + 8 : -2]) for line in lines]

    assert all(line.endswith(b"}\n") for line in lines)
    assert len(lines) == 13
    assert ends == [orjson.loads(line)["hash"] for line in (lines[7], lines[12])]
    epoch = decode_entry(rows[0][1]).epoch
    assert chain.verify(rows[:8], till=TILL, epoch=epoch) == (8, bytes.fromhex(ends[0]))


def test_selling_goes_on_while_an_export_is_being_read(ledger: Ledger) -> None:
    ledger.append(sale("op-1"))
    exported = audit.export(ledger)
    first = next(exported)
    sold: list[int] = []
    seller = threading.Thread(target=lambda: sold.append(ledger.append(sale("op-2")).entry.seq), daemon=True)
    seller.start()
    seller.join(timeout=5)

    assert sold == [3]
    assert [orjson.loads(line)["entry"]["seq"] for line in (first, *exported)] == [1, 2, 3]


def test_an_export_of_many_pages_holds_every_entry_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_PAGE_ENTRIES", 3)
    for i in range(8):
        ledger.append(sale(f"op-{i}"))

    assert [orjson.loads(line)["entry"]["seq"] for line in audit.export(ledger)] == list(range(1, 10))


def test_a_ledger_open_for_reading_is_not_rebuilt(busy: Path) -> None:
    with closing(opened(busy, read_only=True)) as ledger, pytest.raises(LedgerError, match="reading only"):
        audit.rebuild(ledger)
