import logging
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from agent.errors import ChainBrokenError, JournalError
from agent.journal.batch import SealedProfile
from agent.journal.chain import GENESIS, link
from agent.journal.entry import Entry, decode_entry, encode_entry
from agent.journal.feed import CardRow, Cursor, EntryRow, LotRow, MemberRow, Page, ProgrammeRow, Row, StaffRow
from agent.journal.fold import changes
from agent.journal.sealed import seal, wrap_key
from agent.journal.staff.people import Role as StaffRole
from agent.journal.trust import Delegation, Role
from agent.journal.wire.place import HQ, Position
from agent.ledger import audit
from agent.ledger.kept import programmes
from agent.ledger.kept.feed import Fed, apply_page, cursor_of
from agent.ledger.kept.forgetting import erasing
from agent.ledger.kept.forgetting.dropping import drop_all
from agent.ledger.kept.held import note_held
from agent.ledger.kept.profiles.finding import Found, by_name, by_phone
from agent.ledger.kept.staff import StaffKept, staff_kept
from agent.ledger.ledger import Ledger
from agent.ledger.members import CardHolder, card_holder, holder, profile_of
from agent.loyalty.cards import Source
from agent.loyalty.sale import Lot, Status
from tests.ledger.tills import derived, draft, earned, enrol, enrolment, opened, sale

PRIVATE = X25519PrivateKey.generate()
NUMBER = "982600000006"
PROGRAMMES = Path(__file__).parents[3] / "config" / "programmes"


class Feed:
    """What a headquarters would send to one ledger, page after page."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.version = 0

    def page(self, *rows: Row, upto: Iterable[Position] = (), quarantined: Iterable[tuple[str, int]] = ()) -> Page:
        return Page(
            after=Cursor("hq-epoch", self.version),
            cursor=Cursor("hq-epoch", self.version + len(rows)),
            more=False,
            now_ms=1,
            upto=tuple(upto),
            quarantined=tuple(quarantined),
            rows=rows,
        )

    def tell(self, *rows: Row, upto: Iterable[Position] = (), quarantined: Iterable[tuple[str, int]] = ()) -> None:
        page = self.page(*rows, upto=upto, quarantined=quarantined)
        apply_page(self.ledger, page, PRIVATE)
        self.version = page.cursor.version


def up_to(ledger: Ledger, seq: int) -> Position:
    return Position(ledger.identity.epoch, seq, bytes(32))


def told(account: str, **points: int) -> MemberRow:
    return MemberRow(account, "regular", lots=tuple(LotRow("points", lot, n) for lot, n in points.items()))


def points(ledger: Ledger, account: str) -> dict[str, int]:
    found = holder(ledger, account)
    assert found is not None
    return {lot.lot: lot.amount for lot in found.lots.get("points", ())}


def sealed_for_till(content: dict[str, Any], *, subject: str, key: bytes) -> SealedProfile:
    sealed = seal(content, subject=subject, key=key, nonce=secrets.token_bytes(12))
    return SealedProfile(subject, sealed, wrap_key(key, PRIVATE.public_key()))


def card_row(card: str, account: str, number: str, *, key: bytes) -> CardRow:
    profile = sealed_for_till({"number": number, "source": "number"}, subject=card, key=key)
    return CardRow(card, account, profile)


def test_a_balance_is_what_headquarters_said_and_own_entries_beyond(ledger: Ledger) -> None:
    for op in ("one", "two", "three"):
        ledger.append(sale(op, account="a", points=5))

    Feed(ledger).tell(told("a", elsewhere=100, one=5, two=5), upto=[up_to(ledger, 3)])

    assert points(ledger, "a") == {"elsewhere": 100, "one": 5, "two": 5, "three": 5}


def test_wherever_headquarters_stands_the_balance_is_the_same(ledger: Ledger) -> None:
    ledger.append(enrolment("join", "a"))
    ledger.append(sale("one", account="a", points=5))
    ledger.append(draft("spent", postings=earned("a", -4, lot="one")))
    ledger.append(sale("two", account="a", points=7))
    ledger.append(draft("back", postings=earned("a", -7, lot="two")))
    with ledger.reading() as conn:
        entries = [decode_entry(data) for (data,) in conn.execute("SELECT bytes FROM entry ORDER BY n")]
    feed = Feed(ledger)

    for upto in range(len(entries) + 1):
        lots: dict[str, int] = {}
        for entry in entries[:upto]:
            for (_, _, lot, _), amount in changes(entry).lots.items():
                lots[lot] = lots.get(lot, 0) + amount
        feed.tell(told("a", **lots), upto=[up_to(ledger, upto)] if upto else [])

        assert points(ledger, "a") == {"one": 1}, upto


def test_own_entries_in_quarantine_still_count_here(ledger: Ledger) -> None:
    ledger.append(sale("one", account="a", points=5))
    ledger.append(sale("odd", account="a", points=6))
    ledger.append(sale("two", account="a", points=7))

    epoch = ledger.identity.epoch
    Feed(ledger).tell(told("a", one=5, two=7), upto=[up_to(ledger, 4)], quarantined=[(epoch, 3), ("gone", 1)])

    assert points(ledger, "a") == {"one": 5, "odd": 6, "two": 7}


def test_an_epoch_that_headquarters_has_not_heard_to_its_end_counts_from_there(ledger: Ledger) -> None:
    ledger.append(sale("old-1", account="a", points=1))
    ledger.append(sale("old-2", account="a", points=2))
    before = up_to(ledger, 2)
    ledger.begin_epoch()
    ledger.append(sale("new-1", account="a", points=4))
    ledger.append(sale("new-2", account="a", points=8))

    Feed(ledger).tell(told("a", **{"old-1": 1, "new-1": 4}), upto=[before, up_to(ledger, 2)])

    assert points(ledger, "a") == {"old-1": 1, "old-2": 2, "new-1": 4, "new-2": 8}


def test_a_member_of_another_till_is_known_by_his_card(ledger: Ledger) -> None:
    row = replace(told("far", x=9), cards=(card_row("c9", "far", NUMBER, key=b"k" * 32),))

    Feed(ledger).tell(row)

    found = card_holder(ledger, NUMBER, Source.NUMBER)
    assert found is not None
    assert found.account == "far"
    assert holder(ledger, "far") is not None
    assert points(ledger, "far") == {"x": 9}


def test_S11_a_page_that_does_not_follow_changes_nothing(ledger: Ledger) -> None:
    feed = Feed(ledger)
    first = feed.page(told("a", x=1))
    apply_page(ledger, first, PRIVATE)

    for page in (first, replace(first, after=Cursor("hq-epoch", 7), cursor=Cursor("hq-epoch", 8))):
        with pytest.raises(JournalError, match="does not follow"):
            apply_page(ledger, page, PRIVATE)
    backwards = replace(first, after=Cursor("hq-epoch", 1), cursor=Cursor("hq-epoch", 0))
    with pytest.raises(JournalError, match="does not follow"):
        apply_page(ledger, backwards, PRIVATE)

    assert cursor_of(ledger, "hq-epoch") == Cursor("hq-epoch", 1)
    assert points(ledger, "a") == {"x": 1}


def test_another_epoch_of_headquarters_is_told_from_the_beginning(ledger: Ledger) -> None:
    Feed(ledger).tell(told("a", x=1))

    assert cursor_of(ledger, "another") == Cursor("another", 0)


def test_a_snapshot_replaces_the_one_before(ledger: Ledger) -> None:
    feed = Feed(ledger)
    feed.tell(told("a", x=1, y=2))

    feed.tell(told("a", y=1))

    assert points(ledger, "a") == {"y": 1}


class TestJoined:
    """Accounts that headquarters found to be one member's."""

    @pytest.fixture
    def joined(self, ledger: Ledger) -> Ledger:
        for account in ("a", "b"):
            enrol(ledger, account, {"name": account.upper()}, number=NUMBER[:-1] + account)
        ledger.append(sale("on-a", account="a", points=1))
        ledger.append(sale("on-b", account="b", points=2))
        cards = (CardRow("card-of-a", "a"), CardRow("card-of-b", "b"))
        row = replace(told("b", far=4, **{"on-a": 1}), joined=("a",), cards=cards)
        Feed(ledger).tell(row, upto=[up_to(ledger, 4)])
        return ledger

    def test_they_hold_together_what_they_held_apart(self, joined: Ledger) -> None:
        assert points(joined, "a") == points(joined, "b") == {"far": 4, "on-a": 1, "on-b": 2}

    def test_their_cards_lead_to_one_account(self, joined: Ledger) -> None:
        found = card_holder(joined, NUMBER[:-1] + "a", Source.NUMBER)

        assert found is not None
        assert found.account == "b"

    def test_later_entries_on_either_count(self, joined: Ledger) -> None:
        joined.append(sale("late", account="a", points=16))
        joined.append(draft("back", postings=earned("a", -1, lot="on-a")))

        assert points(joined, "b") == {"far": 4, "on-b": 2, "late": 16}

    def test_joining_on_follows(self, joined: Ledger) -> None:
        row = replace(told("0", far=4, **{"on-a": 1, "on-b": 2}), joined=("a", "b"))

        page = replace(Feed(joined).page(row, upto=[up_to(joined, 5)]), after=Cursor("hq-epoch", 1))
        apply_page(joined, replace(page, cursor=Cursor("hq-epoch", 2)), PRIVATE)

        assert points(joined, "a") == points(joined, "b") == {"far": 4, "on-a": 1, "on-b": 2}
        assert joined.resolve("a") == joined.resolve("b") == "0"

    def test_a_rebuild_gives_the_same(self, joined: Ledger) -> None:
        joined.append(sale("late", account="a", points=16))
        before = derived(joined)

        audit.rebuild(joined)

        after = derived(joined)
        assert {row for row in after["account"] if row[0] == "b"} == {row for row in before["account"] if row[0] == "b"}
        assert all(after[table] == before[table] for table in ("card", "account_entry", "lot"))


def test_a_rebuild_keeps_members_of_other_tills(ledger: Ledger) -> None:
    Feed(ledger).tell(replace(told("far", x=9), cards=(card_row("c9", "far", NUMBER, key=b"k" * 32),)))
    before = derived(ledger)

    audit.rebuild(ledger)

    assert derived(ledger) == before


@pytest.mark.parametrize(
    ("said", "status"),
    [("provisional", Status.REGULAR), ("regular", Status.REGULAR), ("blocked", Status.BLOCKED)],
)
def test_who_was_enrolled_here_stays_regular_unless_blocked(ledger: Ledger, said: str, status: Status) -> None:
    ledger.append(enrolment("join", "a"))

    Feed(ledger).tell(replace(told("a"), status=said))

    found = holder(ledger, "a")
    assert found is not None
    assert found.status is status


def test_a_provisional_account_that_headquarters_confirms_is_regular(ledger: Ledger) -> None:
    ledger.append(draft("card", kind="card_opened", body={"account": "a", "card": "c"}))

    Feed(ledger).tell(told("a", x=5), upto=[up_to(ledger, 2)])

    found = holder(ledger, "a")
    assert found is not None
    assert (found.status, found.lots["points"]) == (Status.REGULAR, (Lot("x", 5),))


class TestProfiles:
    """Names, phones and card numbers that come with the feed."""

    def test_a_member_of_another_till_is_found_by_phone(self, ledger: Ledger) -> None:
        profile = sealed_for_till({"name": "Ada", "phone": "020 7946 0001"}, subject="far", key=b"k" * 32)

        Feed(ledger).tell(replace(told("far"), profiles=(profile,)))

        assert by_phone(ledger, "+44 20 7946 0001") == [Found("far", None)]

    def test_a_profile_under_another_key_than_this_tills_is_sealed_anew(self, ledger: Ledger) -> None:
        enrol(ledger, "a", {"name": "Ada"}, number=NUMBER)
        newer = sealed_for_till({"name": "Augusta"}, subject="a", key=b"k" * 32)

        Feed(ledger).tell(replace(told("a"), profiles=(newer,)), upto=[up_to(ledger, 2)])

        assert profile_of(ledger, "a") == {"name": "Augusta"}
        assert profile_of(ledger, "card-of-a") == {"number": NUMBER, "source": "number"}

    def test_a_newer_profile_under_this_tills_key_is_kept_byte_for_byte(self, ledger: Ledger) -> None:
        enrol(ledger, "a", {"name": "Ada"})
        key = ledger.keys.get("a")
        assert key is not None
        newer = sealed_for_till({"name": "Augusta", "phone": "020 7946 0001"}, subject="a", key=key)

        Feed(ledger).tell(replace(told("a"), profiles=(newer,)), upto=[up_to(ledger, 2)])

        with ledger.reading() as conn:
            assert [bytes(row[0]) for row in conn.execute("SELECT sealed FROM profile")] == [newer.sealed]
        assert by_phone(ledger, "020 7946 0001") == by_name(ledger, "augusta") == [Found("a", None)]

    def test_a_sale_that_headquarters_has_not_heard_of_changed_no_profile(self, ledger: Ledger) -> None:
        enrol(ledger, "a", {"name": "Ada"})
        ledger.append(sale("later", account="a"))
        newer = sealed_for_till({"name": "Augusta"}, subject="a", key=b"k" * 32)

        Feed(ledger).tell(replace(told("a"), profiles=(newer,)), upto=[up_to(ledger, 2)])

        assert profile_of(ledger, "a") == {"name": "Augusta"}

    def test_a_profile_changed_here_and_not_yet_heard_of_stays(self, ledger: Ledger) -> None:
        enrol(ledger, "a", {"name": "Ada"})
        older = sealed_for_till({"name": "Augusta"}, subject="a", key=b"k" * 32)

        Feed(ledger).tell(replace(told("a"), profiles=(older,)), upto=[up_to(ledger, 1)])

        assert profile_of(ledger, "a") == {"name": "Ada"}

    def test_an_own_profile_that_comes_back_stays_as_it_is(self, ledger: Ledger) -> None:
        enrol(ledger, "a", {"name": "Ada"})
        key = ledger.keys.get("a")
        assert key is not None
        with ledger.reading() as conn:
            sealed = bytes(conn.execute("SELECT sealed FROM profile").fetchone()[0])
        back = SealedProfile("a", sealed, wrap_key(key, PRIVATE.public_key()))

        Feed(ledger).tell(replace(told("a"), profiles=(back,)), upto=[up_to(ledger, 2)])

        with ledger.reading() as conn:
            assert [bytes(row[0]) for row in conn.execute("SELECT sealed FROM profile")] == [sealed]

    def test_the_profile_of_a_joined_account_is_the_members(self, ledger: Ledger) -> None:
        profile = sealed_for_till({"name": "Ada"}, subject="b", key=b"k" * 32)

        Feed(ledger).tell(replace(told("a"), joined=("b",), profiles=(profile,)))

        assert profile_of(ledger, "a") == {"name": "Ada"}

    def test_a_profile_that_does_not_open_stops_nothing(self, ledger: Ledger) -> None:
        good = sealed_for_till({"name": "Ada"}, subject="a", key=b"k" * 32)
        bad = (replace(good, wrapped_key=b"junk"), replace(good, wrapped_key=None), replace(good, sealed=b"x" * 40))

        Feed(ledger).tell(*(replace(told("a", x=2), profiles=(one,)) for one in bad))

        assert profile_of(ledger, "a") is None
        assert points(ledger, "a") == {"x": 2}


def _programme(name: str, *, serial: int, number: int) -> ProgrammeRow:
    delegation = Delegation(b"k" * 32, Role.PROGRAMME, serial).sign(Ed25519PrivateKey.generate())
    return ProgrammeRow((PROGRAMMES / f"{name}.toml").read_bytes(), number, b"s" * 64, delegation)


def _in_force(ledger: Ledger) -> str | None:
    current = programmes.current(ledger)
    return None if current is None else current.name


def test_a_programme_is_in_force_from_the_page_on(ledger: Ledger) -> None:
    Feed(ledger).tell(_programme("coffee-shop", serial=1, number=1))

    assert _in_force(ledger) == "Coffee Card"


def test_a_programme_this_agent_cannot_read_leaves_the_last_one_in_force(ledger: Ledger) -> None:
    feed = Feed(ledger)
    good = _programme("coffee-shop", serial=1, number=1)
    feed.tell(good)

    feed.tell(replace(good, data=b'name = "Tomorrow"\nholograms = true\n', number=2))

    assert _in_force(ledger) == "Coffee Card"
    assert cursor_of(ledger, "hq-epoch").version == 2


FAR = {"name": "Ada Quillfeather", "phone": "020 7946 0001", "email": "ada@example.org", "birthday": "1987-06-05"}


class TestPartsOfProfiles:
    """What a till keeps of a member of another shop: the card, the first name, the balance."""

    def _told(self, *, whole: bool) -> MemberRow:
        profile = sealed_for_till(FAR, subject="far", key=b"k" * 32)
        card = card_row("card-9", "far", NUMBER, key=b"k" * 32)
        return replace(told("far", x=5), profiles=(profile,), cards=(card,), whole=whole)

    def test_of_a_member_of_another_shop_only_card_first_name_and_balance_are_kept(self, ledger: Ledger) -> None:
        Feed(ledger).tell(self._told(whole=False))

        assert profile_of(ledger, "far") == {"name": "Ada"}
        assert profile_of(ledger, "card-9") == {"number": NUMBER, "source": "number"}
        assert card_holder(ledger, NUMBER, Source.NUMBER) == CardHolder("card-9", "far")
        assert points(ledger, "far") == {"x": 5}
        assert by_phone(ledger, "020 7946 0001") == by_name(ledger, "quillfeather") == by_name(ledger, "ada") == []

    def test_what_is_kept_in_part_is_not_sealed_anew_with_every_balance(self, ledger: Ledger) -> None:
        feed = Feed(ledger)
        feed.tell(self._told(whole=False))
        with ledger.reading() as conn:
            before = conn.execute("SELECT * FROM profile").fetchall()
        feed.tell(self._told(whole=False))

        with ledger.reading() as conn:
            assert conn.execute("SELECT * FROM profile").fetchall() == before

    def test_a_member_who_comes_to_the_shop_is_known_whole_and_one_who_left_it_in_part(self, ledger: Ledger) -> None:
        feed = Feed(ledger)
        for whole in (False, True, False):
            feed.tell(self._told(whole=whole))
            assert (profile_of(ledger, "far") == FAR) == whole
            assert (by_phone(ledger, "020 7946 0001") == [Found("far", None)]) == whole

    def test_a_member_seen_here_stays_whole_until_headquarters_knows(self, ledger: Ledger) -> None:
        enrol(ledger, "far", FAR, number=NUMBER)
        feed = Feed(ledger)
        feed.tell(self._told(whole=False), upto=[up_to(ledger, 1)])
        before = profile_of(ledger, "far")
        feed.tell(self._told(whole=False), upto=[up_to(ledger, 2)])

        assert (before, profile_of(ledger, "far")) == (FAR, {"name": "Ada"})

    def test_a_profile_that_was_dropped_comes_back_with_the_feed(self, ledger: Ledger) -> None:
        feed = Feed(ledger)
        feed.tell(self._told(whole=True))
        note_held(ledger, [Position(ledger.identity.epoch, ledger.identity.seq, ledger.identity.head)])
        drop_all(ledger)
        assert (profile_of(ledger, "far"), cursor_of(ledger, "hq-epoch").version) == (None, 0)
        Feed(ledger).tell(self._told(whole=True))

        assert profile_of(ledger, "far") == FAR
        assert by_phone(ledger, "020 7946 0001") == [Found("far", None)]
        assert card_holder(ledger, NUMBER, Source.NUMBER) == CardHolder("card-9", "far")


class TestErasures:
    """Members who are erased, here or by headquarters."""

    def test_an_erasure_by_headquarters_forgets_the_member_here(self, ledger: Ledger) -> None:
        enrol(ledger, "a", {"name": "Ada", "phone": "020 7946 0001"}, number=NUMBER)
        feed = Feed(ledger)
        feed.tell(told("a", x=5), upto=[up_to(ledger, 2)])
        feed.tell(*_hq_entries(1, kind="member_erased", body={"account": "a"}))
        waits = erasing.finish(ledger, seconds=60)

        assert (waits, ledger.keys.get("a"), profile_of(ledger, "a")) == ((), None, None)
        assert (by_phone(ledger, "020 7946 0001"), card_holder(ledger, NUMBER, Source.NUMBER)) == ([], None)
        found = holder(ledger, "a")
        assert found is not None
        assert (found.status, points(ledger, "a")) == (Status.BLOCKED, {"x": 5})

    def test_it_is_still_erased_after_a_rebuild_and_another_page(self, ledger: Ledger) -> None:
        feed = Feed(ledger)
        feed.tell(*_hq_entries(1, kind="member_erased", body={"account": "a"}))
        feed.tell(told("a", x=5))
        before = derived(ledger)
        audit.rebuild(ledger)

        assert derived(ledger) == before
        assert ("a", "erased") in before["account"]

    def test_what_headquarters_still_says_of_a_member_erased_here_is_not_believed(self, ledger: Ledger) -> None:
        enrol(ledger, "a", {"name": "Ada"}, number=NUMBER)
        ledger.append(draft("erase", kind="member_erased", body={"account": "a"}))
        erasing.finish(ledger, seconds=60)
        profile = sealed_for_till({"name": "Ada"}, subject="a", key=b"k" * 32)
        card = card_row("card-of-a", "a", NUMBER, key=b"k" * 32)
        Feed(ledger).tell(replace(told("a", x=5), profiles=(profile,), cards=(card,)), upto=[up_to(ledger, 2)])

        assert (profile_of(ledger, "a"), ledger.keys.get("a")) == (None, None)
        assert card_holder(ledger, NUMBER, Source.NUMBER) is None
        found = holder(ledger, "a")
        assert found is not None
        assert (found.status, points(ledger, "a")) == (Status.BLOCKED, {"x": 5})


_JOIN = MappingProxyType({"account": "a", "into": "b"})


@pytest.mark.parametrize(("serial", "number"), [(3, 4), (3, 5), (2, 99)])
def test_an_older_word_on_the_programme_is_no_news(ledger: Ledger, serial: int, number: int) -> None:
    feed = Feed(ledger)
    feed.tell(_programme("coffee-shop", serial=3, number=5))

    feed.tell(_programme("general-shop", serial=serial, number=number))

    assert _in_force(ledger) == "Coffee Card"


def test_the_next_key_has_the_last_word_whatever_number_a_thief_took(ledger: Ledger) -> None:
    feed = Feed(ledger)
    feed.tell(_programme("coffee-shop", serial=3, number=2**53 - 1))

    feed.tell(_programme("general-shop", serial=4, number=1))

    assert _in_force(ledger) == "Corner Shop Club"


def _hq_entries(count: int, *, kind: str = "accounts_joined", body: Mapping[str, Any] = _JOIN) -> list[EntryRow]:
    rows, head = [], GENESIS
    for seq in range(1, count + 1):
        entry = Entry(
            till=HQ,
            epoch="hq-epoch",
            seq=seq,
            id=f"id{seq}",
            op=f"op{seq}",
            kind=kind,
            day="2026-01-02",
            clock={},
            by=HQ,
            body=dict(body),
        )
        data = encode_entry(entry)
        head = link(head, data)
        rows.append(EntryRow(data, head, b"signature"))
    return rows


def test_headquarters_entries_are_kept_as_a_chain(ledger: Ledger) -> None:
    first, second, third = _hq_entries(3)
    feed = Feed(ledger)

    feed.tell(first, second)
    feed.tell(second, third)

    with ledger.reading() as conn:
        kept = conn.execute("SELECT count(*) FROM hq_entry").fetchone()[0]
    assert kept == 3


_FIRST, _SECOND = _hq_entries(2)


@pytest.mark.parametrize("rows", [(_SECOND,), (_FIRST, replace(_SECOND, hash=b"x" * 32))])
def test_headquarters_entries_that_do_not_continue_their_chain_change_nothing(
    ledger: Ledger, rows: tuple[EntryRow, ...]
) -> None:
    with pytest.raises(ChainBrokenError):
        Feed(ledger).tell(told("a", x=1), *rows)

    assert holder(ledger, "a") is None
    assert cursor_of(ledger, "hq-epoch").version == 0


def test_what_headquarters_set_aside_of_an_epoch_that_was_restored_over_is_no_later_entry(ledger: Ledger) -> None:
    first = ledger.identity.epoch
    ledger.begin_epoch(reason="restored")
    ledger.append(sale("one", account="a", points=5))
    heard = [Position(first, 9, bytes(32)), up_to(ledger, 2)]

    Feed(ledger).tell(told("a", one=5), upto=heard, quarantined=[(first, 3)])  # the third entry was lost here

    assert points(ledger, "a") == {"one": 5}


def test_a_card_linked_here_stays_linked_until_headquarters_has_heard_of_it(ledger: Ledger) -> None:
    ledger.append(draft("known", kind="card_opened", body={"card": "c", "account": "own"}))
    row = replace(told("own"), cards=(CardRow("c", "own"),))
    feed = Feed(ledger)
    feed.tell(row, upto=[up_to(ledger, 2)])
    ledger.append(draft("link", kind="card_linked", body={"card": "c", "account": "home", "role": "earn"}))

    feed.tell(row, upto=[up_to(ledger, 2)])
    before = derived(ledger)["card"]
    audit.rebuild(ledger)
    assert [card[:3] for card in before] == [card[:3] for card in derived(ledger)["card"]] == [("c", "home", "earn")]
    feed.tell(row, upto=[up_to(ledger, 3)])

    assert [card[:3] for card in derived(ledger)["card"]] == [("c", "own", "spend")]


def test_what_was_told_is_there_after_a_restart(path: Path) -> None:
    ledger = opened(path)
    Feed(ledger).tell(replace(told("b", x=1), joined=("a",)))
    ledger.close()

    again = opened(path)
    try:
        assert points(again, "a") == {"x": 1}
        assert cursor_of(again, "hq-epoch").version == 1
    finally:
        again.close()


def test_staff_that_headquarters_names_is_known_here_and_who_left_is_known_to_have_left(ledger: Ledger) -> None:
    feed = Feed(ledger)

    feed.tell(StaffRow("vera", "supervisor", "$argon2id$"), StaffRow("ion", "of-a-later-version", "$argon2id$"))
    feed.tell(StaffRow("vera", "supervisor", None))

    assert staff_kept(ledger, "vera") == StaffKept("vera", StaffRole.SUPERVISOR, None, by_hq=True)
    assert staff_kept(ledger, "ion") == StaffKept("ion", StaffRole.CASHIER, "$argon2id$", by_hq=True)


def test_what_a_page_changed_is_counted(ledger: Ledger) -> None:
    feed = Feed(ledger)
    first, second, third = _hq_entries(3)
    programme = _programme("coffee-shop", serial=3, number=5)

    page = feed.page(told("a"), first, programme, second, told("b"), programme)
    assert apply_page(ledger, page, PRIVATE) == Fed(members=2, entries=2, programme=True)
    again = replace(feed.page(second, third, programme), after=page.cursor, cursor=Cursor("hq-epoch", 9))
    assert apply_page(ledger, again, PRIVATE) == Fed(members=0, entries=1, programme=False)
    unreadable = replace(programme, data=b'name = "Tomorrow"\n', number=6)
    last = replace(feed.page(unreadable), after=again.cursor, cursor=Cursor("hq-epoch", 10))
    assert apply_page(ledger, last, PRIVATE) == Fed(members=0, entries=0, programme=False)


def test_who_was_joined_and_is_erased_by_headquarters_is_erased_as_what_he_is_part_of(ledger: Ledger) -> None:
    feed = Feed(ledger)
    feed.tell(replace(told("b", x=5), joined=("a",)))
    feed.tell(*_hq_entries(1, kind="member_erased", body={"account": "a"}))
    before = derived(ledger)["account"]
    audit.rebuild(ledger)

    assert before == derived(ledger)["account"] == [("b", "erased")]


def test_a_broken_chain_of_headquarters_is_named_by_the_entry_that_does_not_fit(ledger: Ledger) -> None:
    first, second = _hq_entries(2)
    with pytest.raises(ChainBrokenError, match=r"^entry 2 of headquarters does not continue its chain$"):
        Feed(ledger).tell(first, replace(second, hash=b"x" * 32))


@pytest.mark.parametrize(
    ("serial", "number", "level"), [(3, 5, logging.INFO), (3, 4, logging.WARNING), (2, 9, logging.WARNING)]
)
def test_an_older_word_than_the_last_is_warned_of_and_the_same_word_again_is_not(
    ledger: Ledger, caplog: pytest.LogCaptureFixture, serial: int, number: int, level: int
) -> None:
    feed = Feed(ledger)
    feed.tell(_programme("coffee-shop", serial=3, number=5))
    with caplog.at_level(logging.INFO, logger="agent.ledger.kept.programmes"):
        feed.tell(_programme("coffee-shop", serial=serial, number=number))

    assert [(said.levelno, said.args) for said in caplog.records] == [(level, ([serial, number], [3, 5]))]


def test_a_programme_that_cannot_be_used_is_warned_of_with_what_is_wrong(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    bad = replace(_programme("coffee-shop", serial=1, number=1), data=b"holograms = true\n")
    with caplog.at_level(logging.INFO, logger="agent.ledger.kept.programmes"):
        Feed(ledger).tell(bad)

    (said,) = caplog.messages
    assert said.startswith("a programme from headquarters cannot be used here: line 1: the programme: key ")
