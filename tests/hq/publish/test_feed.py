from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from agent.errors import JournalError
from agent.journal.codes import Serial, kind_tag, shop_tag, typed_check, typed_code
from agent.journal.entry import VOUCHERS_PREFIX, Posting
from agent.journal.feed import EntryRow, LotRow, MemberRow, Page, ProgrammeRow, ShopKeyRow, TillRow, VoucherRow
from agent.journal.sealed import unseal, unwrap_key
from agent.journal.trust import Delegation, Role, check_entry, check_programme
from hq import config, keys
from hq.books.worker import advance, rebuild
from hq.config import Shop
from hq.database import Database
from hq.keys import Keys
from hq.publish import feed
from hq.publish.programmes import publish
from hq.tables import sealed_key
from tests.hq.headquarters import PROGRAMME, SHOP, members_of_books
from tests.hq.visitor import Visitor, card_opened, moved, refund_body, sale_body

NUMBER = "982600000006"


def _book(*visitors: Visitor) -> None:
    for visitor in visitors:
        visitor.send()
        while advance(visitor.database, visitor.hq_keys):
            pass


def _members(rows: Any) -> dict[str, MemberRow]:
    return {row.account: row for row in rows if isinstance(row, MemberRow)}


def state_of(database: Database) -> dict[str, list[Any]]:
    with database.read() as conn:
        return members_of_books(conn)


@pytest.fixture
def elsewhere(database: Database, hq_keys: Keys) -> Visitor:
    """A till of another shop of the chain."""
    visitor = Visitor(database, hq_keys, "1", shop="harbour")
    visitor.enrol()
    return visitor


@pytest.fixture
def second(database: Database, hq_keys: Keys) -> Visitor:
    visitor = Visitor(database, hq_keys, "2")
    visitor.enrol()
    return visitor


def test_a_till_is_told_members_of_every_till(till: Visitor, second: Visitor) -> None:
    till.append(kind="sale", body=sale_body("a", 500), postings=moved("a", 5, lot="one"))
    till.append(kind="sale", body=sale_body("a", 500), postings=moved("a", 5, lot="gone"))
    till.append(kind="refund", postings=moved("a", -5, lot="gone"), body=refund_body("a", 500))
    _book(till)

    page = second.feed()

    assert _members(page.rows) == {"a": MemberRow("a", "provisional", lots=(LotRow("points", "one", 5),))}
    assert (page.after.version, page.more, page.upto, page.quarantined) == (0, False, (), ())


def test_it_says_up_to_where_it_contains_the_asking_tills_journal(till: Visitor, database: Database) -> None:
    till.append(postings=moved("a", 5))
    till.append_bytes(b"junk")
    _book(till)
    till.append(postings=moved("a", 6))
    till.send(3, 3)  # held, and not yet in the books

    page = till.feed()

    assert page.upto == (till.position(2),)
    assert page.quarantined == ((till.epoch, 2),)
    assert _members(page.rows)["a"].lots == (LotRow("points", "l1", 5),)


def test_nothing_is_told_twice(till: Visitor) -> None:
    till.append(postings=moved("a", 5))
    till.append(postings=moved("b", 5))
    _book(till)
    first = till.feed()

    again = till.feed(first.cursor.version)
    till.append(postings=moved("b", 1))
    till.send(3, 3)
    advance(till.database, till.hq_keys)

    assert again.rows == ()
    assert again.cursor == first.cursor
    assert list(_members(till.feed(first.cursor.version).rows)) == ["b"]


def test_pages_follow_each_other_to_the_end(till: Visitor, second: Visitor) -> None:
    count = 2 * feed.PAGE_ROWS + 7
    for number in range(count):
        till.append(postings=moved(f"m{number:03}", 1))
    _book(till)

    told: list[str] = []
    version, more = 0, True
    while more:
        page = second.feed(version)
        assert len(_members(page.rows)) <= feed.PAGE_ROWS
        assert page.after.version == version
        told += _members(page.rows)
        version, more = page.cursor.version, page.more

    assert sorted(told) == [f"m{number:03}" for number in range(count)]
    assert len(told) == count


def test_a_member_who_changes_between_two_pages_is_told_again_at_the_end(till: Visitor, second: Visitor) -> None:
    for number in range(feed.PAGE_ROWS + 1):
        till.append(postings=moved(f"m{number:03}", 1))
    _book(till)
    first = second.feed()
    till.append(postings=moved("m000", 1))
    till.send(len(till.items), len(till.items))
    advance(till.database, till.hq_keys)

    rest = second.feed(first.cursor.version)

    assert list(_members(rest.rows))[-1] == "m000"


def test_a_page_holds_a_bounded_number_of_lots(till: Visitor, second: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "PAGE_LOTS", 10)
    for account in "abc":
        for number in range(8):
            till.append(postings=moved(account, 1, lot=f"l{number}"))
    _book(till)

    first = second.feed()

    assert (list(_members(first.rows)), first.more) == (["a"], True)
    assert list(_members(second.feed(first.cursor.version).rows)) == ["b"]


def test_profiles_come_wrapped_for_the_asking_till(till: Visitor, second: Visitor, hq_keys: Keys) -> None:
    fields, profile = card_opened(hq_keys, "a", "c", NUMBER)
    till.append(profile, **fields)
    _book(till)

    (row,) = _members(second.feed().rows).values()

    (card,) = row.cards
    assert card.profile is not None
    assert card.profile.wrapped_key is not None
    assert card.profile.sealed == profile.sealed
    key = unwrap_key(card.profile.wrapped_key, second.profile_key)
    assert unseal(card.profile.sealed, subject="c", key=key) == {"number": NUMBER, "source": "number"}


def test_a_profile_whose_key_is_gone_is_not_told(till: Visitor, second: Visitor, database: Database) -> None:
    fields, profile = card_opened(till.hq_keys, "a", "c", NUMBER)
    till.append(profile, **fields)
    _book(till)
    with database.write() as conn:
        conn.execute(update(sealed_key).values(wrapped=b"junk"))
    assert _members(second.feed().rows)["a"].cards[0].profile is None

    with database.write() as conn:
        conn.execute(sealed_key.delete())
    assert _members(second.feed().rows)["a"].cards[0].profile is None


def test_joined_accounts_are_told_as_one_member(till: Visitor, second: Visitor) -> None:
    for visitor, account in ((till, "b"), (second, "a")):
        fields, profile = card_opened(till.hq_keys, account, f"card-{account}", NUMBER)
        visitor.append(profile, **fields)
        visitor.append(postings=moved(account, 5, lot="shared"))
    _book(till, second)

    page = till.feed()

    (row,) = _members(page.rows).values()
    assert (row.account, row.joined, row.status) == ("a", ("b",), "regular")
    assert row.lots == (LotRow("points", "shared", 10),)
    assert [(card.card, card.account) for card in row.cards] == [("card-a", "a"), ("card-b", "b")]


def test_headquarters_own_entries_come_signed(till: Visitor, second: Visitor, hq_keys: Keys) -> None:
    for visitor, account in ((till, "b"), (second, "a")):
        fields, profile = card_opened(till.hq_keys, account, f"card-{account}", NUMBER)
        visitor.append(profile, **fields)
    _book(till, second)

    (entry,) = [row for row in till.feed().rows if isinstance(row, EntryRow)]

    check_entry(entry.hash, entry.signature, key=hq_keys.feed.private.public_key().public_bytes_raw())
    assert b'"kind":"accounts_joined"' in entry.data


def _programmes(page: Page) -> list[ProgrammeRow]:
    return [row for row in page.rows if isinstance(row, ProgrammeRow)]


def test_a_programme_is_told_to_its_shop_when_it_changes(
    till: Visitor, database: Database, hq_keys: Keys, tmp_path: Path
) -> None:
    other = tmp_path / "other.toml"
    other.write_bytes(PROGRAMME.read_bytes().replace(b"Corner Shop Club", b"Other Club"))
    with database.write() as conn:
        publish(conn, [Shop(SHOP, PROGRAMME), Shop("elsewhere", other)], hq_keys.programme)
        publish(conn, [Shop(SHOP, PROGRAMME), Shop("elsewhere", other)], hq_keys.programme)

    page = till.feed()

    (first,) = _programmes(page)
    assert first.data == PROGRAMME.read_bytes()
    assert till.feed(page.cursor.version).rows == ()
    with database.write() as conn:
        publish(conn, [Shop(SHOP, other)], hq_keys.programme)
    (second,) = till.feed(page.cursor.version).rows
    assert isinstance(second, ProgrammeRow)
    assert (second.data, second.number > first.number) == (other.read_bytes(), True)


def test_a_programme_is_signed_by_the_programme_key_and_anew_when_that_is_replaced(
    till: Visitor, database: Database, folder: Path
) -> None:
    where, rows = config.load(folder).keys, []
    for _ in range(2):
        with database.write() as conn:
            publish(conn, [Shop(SHOP, PROGRAMME)], keys.load(where).programme)
        rows += _programmes(till.feed())
        keys.rotate(where, Role.PROGRAMME, root_file=folder / "root.key")

    said = [Delegation.check(row.delegation, root=till.hq_keys.root, role=Role.PROGRAMME) for row in rows]
    for row, delegation in zip(rows, said, strict=True):
        check_programme(row.data, row.signature, key=delegation.key, shop=SHOP, number=row.number)
    assert said[0].serial < said[1].serial


def test_every_till_is_told_the_key_of_every_till(till: Visitor, second: Visitor, elsewhere: Visitor) -> None:
    tills = (till, second, elsewhere)
    keys = {TillRow(one.till, one.key.public_key().public_bytes_raw()) for one in tills}

    for one in tills:
        assert {row for row in one.feed().rows if isinstance(row, TillRow)} == keys


def test_a_shops_key_is_told_to_the_tills_of_that_shop_wrapped_for_each(
    till: Visitor, second: Visitor, elsewhere: Visitor
) -> None:
    keys = []
    for one in (till, second, elsewhere):
        (row,) = [row for row in one.feed().rows if isinstance(row, ShopKeyRow)]
        assert (row.shop, row.number) == (one.till.partition("/")[0], 1)
        keys.append(unwrap_key(row.wrapped_key, one.profile_key))

    assert keys[0] == keys[1] != keys[2]
    with pytest.raises(JournalError):
        unwrap_key(row.wrapped_key, till.profile_key)


def test_a_voucher_is_told_when_it_is_issued_and_when_it_is_spent(till: Visitor, elsewhere: Visitor) -> None:
    serial = Serial(kind_tag("five"), None, 7)
    shop = shop_tag(SHOP)
    account = VOUCHERS_PREFIX + shop
    till.append(postings=(Posting("five", "issuance", -1), Posting("five", account, 1, str(serial))))
    _book(till)
    issued = elsewhere.feed()
    elsewhere.append(postings=(Posting("five", "redeemed", 1), Posting("five", account, -1, str(serial))))
    _book(elsewhere)

    (shop_key,) = [row for row in till.feed().rows if isinstance(row, ShopKeyRow)]
    code = typed_code(serial, unwrap_key(shop_key.wrapped_key, till.profile_key))
    known = VoucherRow(shop, "five", str(serial), 1, typed_check(code)[1])
    assert [row for row in issued.rows if isinstance(row, VoucherRow)] == [known]
    assert till.feed(issued.cursor.version).rows == (replace(known, left=0),)


def test_lots_that_are_no_vouchers_are_told_as_none(till: Visitor, database: Database) -> None:
    till.append(postings=(Posting("a/b", "issuance", -2), Posting("a/b", "vouchers:no/shop", 2, "NOSERIAL")))
    till.append(postings=(Posting("a/b", "issuance", -1), Posting("a/b", "vouchers:no/shop", 1, "0" * 11)))
    _book(till)

    told = [row for row in till.feed().rows if isinstance(row, VoucherRow)]

    assert [(row.serial, row.check) for row in told] == [("0" * 11, None)]
    assert state_of(database)["quarantine"] == []


def test_a_page_holds_many_vouchers_and_never_too_many(
    till: Visitor, second: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "PAGE_LIGHT_ROWS", 50)  # of which two take the place of a member
    account = VOUCHERS_PREFIX + shop_tag(SHOP)
    for number in range(60):
        lot = str(Serial(1, None, number))
        till.append(postings=(Posting("five", "issuance", -1), Posting("five", account, 1, lot)))
    _book(till)

    first = second.feed()
    rest = second.feed(first.cursor.version)

    assert (len(first.rows), first.more, rest.more) == (50, True, False)
    assert len({row.serial for row in (*first.rows, *rest.rows) if isinstance(row, VoucherRow)}) == 60


def test_after_a_rebuild_everything_is_told_anew(till: Visitor, database: Database, hq_keys: Keys) -> None:
    till.append(postings=moved("a", 5))
    _book(till)
    before = till.feed()

    rebuild(database, hq_keys)

    after = till.feed(before.cursor.version)
    assert after.rows == tuple(_members(before.rows).values())
    assert after.cursor.version > before.cursor.version
    with database.read() as conn:
        assert conn.execute(select(sealed_key)).all() == []
