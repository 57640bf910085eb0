from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ChainBrokenError, JournalError
from agent.journal.entry import REDEEMED, Entry, Posting
from agent.journal.fold import Changes, LotKey, changes, check_conservation
from tests.journal.values import entry, moved


@dataclass
class State:
    """The plainest reading of what changes say: sums and facts."""

    lots: Counter[LotKey] = field(default_factory=Counter)
    returned: Counter[tuple[str, int]] = field(default_factory=Counter)
    facts: set[object] = field(default_factory=set)

    def add(self, change: Changes) -> None:
        self.lots.update(change.lots)
        self.returned.update(change.returned)
        named = {"opened": change.opened, "enrolled": change.enrolled, "undone": change.given_back}
        self.facts |= {(name, fact) for name, fact in named.items() if fact is not None}
        self.facts |= {("card", *card) for card in change.cards} | {("used", op) for op in change.used}
        self.facts |= {("moves", account) for account in change.accounts}


_accounts = st.sampled_from(["a", "b"])
_amounts = st.integers(-500, 500)
_movements = st.builds(
    lambda account, amount, unit, lot: moved(account, amount, unit=unit, lot=lot),
    _accounts,
    _amounts,
    st.sampled_from(["points", "coffee"]),
    st.sampled_from(["l1", "l2"]),
)
_returned_lines = st.lists(
    st.fixed_dictionaries(
        {"sale": st.sampled_from(["s1", "s2", None]), "line": st.integers(0, 2), "quantity": st.integers(1, 5000)}
    ),
    max_size=3,
)
_bodies = st.one_of(
    st.tuples(st.just("sale"), st.fixed_dictionaries({"redemptions": st.lists(st.sampled_from(["r1", "r2"]))})),
    st.tuples(st.just("refund"), st.fixed_dictionaries({"lines": _returned_lines})),
    st.tuples(st.just("card_opened"), st.fixed_dictionaries({"account": _accounts, "card": st.just("c1")})),
    st.tuples(
        st.just("enrolment"),
        st.fixed_dictionaries({"account": _accounts, "card": st.none() | st.just("c2"), "opens": st.booleans()}),
    ),
    st.tuples(st.just("redemption_undone"), st.fixed_dictionaries({"redemption": st.just("r3")})),
    st.tuples(st.just("unheard_of"), st.just({})),
)
_entries = st.builds(lambda body, postings: entry(kind=body[0], body=body[1], postings=postings), _bodies, _movements)


@given(st.lists(_entries, max_size=8), st.randoms(use_true_random=False))
def test_the_same_entries_in_any_order_give_the_same_state(entries: list[Entry], random: Any) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)
    one, other = State(), State()
    for item in entries:
        one.add(changes(item))
    for item in shuffled:
        other.add(changes(item))

    assert one == other


@given(st.lists(_entries, max_size=8))
def test_what_is_in_lots_is_what_the_other_side_gave(entries: list[Entry]) -> None:
    state = State()
    for item in entries:
        state.add(changes(item))

    issued = -sum(p.amount for item in entries for p in item.postings if p.account == "issuance")
    assert sum(state.lots.values()) == issued


@given(_movements, _movements)
def test_postings_made_in_pairs_are_conserved(one: tuple[Posting, ...], other: tuple[Posting, ...]) -> None:
    check_conservation([*one, *other])


@given(_movements, st.integers(1, 10))
def test_any_unit_that_comes_from_nowhere_is_found(movement: tuple[Posting, ...], more: int) -> None:
    with pytest.raises(ChainBrokenError, match=f"sum to {more}, not to 0"):
        check_conservation([*movement, Posting(movement[0].unit, REDEEMED, more)])


def test_units_do_not_make_up_for_each_other() -> None:
    with pytest.raises(ChainBrokenError):
        check_conservation([Posting("points", "issuance", -1), Posting("coffee", REDEEMED, 1)])


def test_postings_on_one_lot_add_up_and_ledger_accounts_hold_no_lots() -> None:
    found = changes(entry(postings=(*moved("a", 5), *moved("a", -2), *moved("b", 1, lot="l2"))))

    assert found.lots == {("a", "points", "l1", None): 3, ("b", "points", "l2", None): 1}
    assert found.accounts == {"a", "b"}


def test_a_card_that_opens_an_account_is_linked_to_it() -> None:
    found = changes(entry(kind="card_opened", body={"account": "a", "card": "c"}))

    assert found == Changes(opened=("a", True), cards=(("c", "a", "spend"),), accounts=frozenset("a"))


def test_a_further_card_is_linked_in_its_role() -> None:
    found = changes(entry(kind="card_linked", body={"account": "a", "card": "c", "role": "earn"}))

    assert found == Changes(cards=(("c", "a", "earn"),), accounts=frozenset("a"))
    with pytest.raises(JournalError, match="role 'give' is none of spend, earn"):
        changes(entry(kind="card_linked", body={"account": "a", "card": "c", "role": "give"}))


def test_a_card_that_is_replaced_is_blocked_and_the_new_one_has_its_role() -> None:
    found = changes(
        entry(kind="card_replaced", body={"account": "a", "blocked": ["x", "y"], "card": "c", "role": "earn"})
    )

    assert found.cards == (("x", "a", "blocked"), ("y", "a", "blocked"), ("c", "a", "earn"))


def test_a_blocked_card_is_blocked() -> None:
    assert changes(entry(kind="card_blocked", body={"account": "a", "blocked": ["x"]})).cards == (
        ("x", "a", "blocked"),
    )


@pytest.mark.parametrize("role", ["blocked", "give"])
def test_a_new_card_is_not_blocked_from_the_start(role: str) -> None:
    with pytest.raises(JournalError):
        changes(entry(kind="card_replaced", body={"account": "a", "blocked": ["x"], "card": "c", "role": role}))


def test_what_a_till_counts_is_held_by_the_till_and_concerns_no_member() -> None:
    postings = (Posting("draws", "issuance", -1), Posting("draws", "till:corner/1", 1, "2026-11-22"))

    found = changes(entry(postings=postings))

    assert found.lots == {("till:corner/1", "draws", "2026-11-22", None): 1}
    assert found.accounts == frozenset()


def test_an_enrolment_opens_an_account_or_takes_up_a_provisional_one() -> None:
    opens = changes(entry(kind="enrolment", body={"account": "a", "card": "c", "opens": True}))
    takes_up = changes(entry(kind="enrolment", body={"account": "a", "card": None, "opens": False}))

    assert opens == Changes(opened=("a", False), enrolled="a", cards=(("c", "a", "spend"),), accounts=frozenset("a"))
    assert takes_up == Changes(enrolled="a", accounts=frozenset("a"))


def test_a_sale_uses_up_its_redemptions_and_names_its_account() -> None:
    found = changes(entry(kind="sale", body={"redemptions": ["r1", "r2"], "account": "a"}))

    assert found == Changes(used=("r1", "r2"), accounts=frozenset("a"))


def test_a_refund_adds_up_what_came_back_of_each_line() -> None:
    lines = [
        {"sale": "s", "line": 0, "quantity": 1000},
        {"sale": "s", "line": 0, "quantity": 500},
        {"sale": "s", "line": 2, "quantity": 1},
        {"sale": None, "quantity": 9},
        {"quantity": 9},
    ]

    assert changes(entry(kind="refund", body={"lines": lines})).returned == {("s", 0): 1500, ("s", 2): 1}


def test_a_joined_account_names_what_it_is_part_of() -> None:
    found = changes(entry(kind="accounts_joined", body={"account": "a", "into": "b"}))

    assert found.joined == ("a", "b")


def test_a_redemption_given_back_is_named() -> None:
    assert changes(entry(kind="redemption_undone", body={"redemption": "r"})).given_back == "r"


def test_a_closure_says_which_z_it_is_and_an_x_that_it_is_none() -> None:
    assert changes(entry(kind="closure", body={"number": 12})).closed == 12
    assert changes(entry(kind="closure", body={"number": None})).closed == 0
    assert changes(entry(kind="drawer_opened", body={"reason": "sale"})) == Changes()


def test_the_postings_of_an_unknown_kind_count() -> None:
    found = changes(entry(kind="from-the-future", postings=moved("a", 7)))

    assert found == Changes(lots={("a", "points", "l1", None): 7}, accounts=frozenset({"a"}))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("card_opened", {"account": "a"}),
        ("enrolment", {"account": "a", "card": None}),
        ("sale", {}),
        ("sale", {"redemptions": None}),
        ("refund", {"lines": [7]}),
        ("refund", {"lines": [{"sale": "s", "line": "first", "quantity": 1}]}),
        ("refund", {"lines": [{"sale": "s", "line": 0}]}),
        ("redemption_undone", {}),
        ("accounts_joined", {"account": "a"}),
        ("closure", {}),
        ("closure", {"number": "first"}),
    ],
)
def test_a_known_kind_with_a_body_of_the_wrong_shape_is_named(kind: str, body: dict[str, Any]) -> None:
    with pytest.raises(JournalError, match=rf"entry 1 \({kind}\)"):
        changes(entry(kind=kind, body=body))


def test_what_came_back_of_a_sale_at_another_till_is_no_line_of_this_one() -> None:
    lines = [{"sale": "s", "line": 0, "quantity": 1000, "till": "harbour/1"}, {"sale": "s", "line": 1, "quantity": 5}]

    assert changes(entry(kind="refund", body={"lines": lines})).returned == {("s", 1): 5}


def test_an_erased_member_is_named() -> None:
    found = changes(entry(kind="member_erased", body={"account": "a"}))

    assert found == Changes(erased="a", accounts=frozenset("a"))


def test_vouchers_are_held_by_their_shop_and_concern_no_member() -> None:
    postings = (Posting("five", "issuance", -1), Posting("five", "vouchers:8Q92FH5J", 1, "J01DR3NQK8N", "2026-12-31"))

    found = changes(entry(postings=postings))

    assert found.lots == {("vouchers:8Q92FH5J", "five", "J01DR3NQK8N", "2026-12-31"): 1}
    assert found.accounts == frozenset()


def test_a_lot_on_a_ledger_account_is_held_by_nobody() -> None:
    postings = (Posting("points", "issuance", -1, "lot"), Posting("points", REDEEMED, 1, "lot"))

    assert changes(entry(postings=postings)) == Changes()
