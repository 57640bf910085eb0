"""The bench's large ledger is one that a till could have made."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from agent.counter import Counter
from agent.ledger import audit
from agent.ledger.clock import TillClock
from agent.ledger.kept import programmes
from agent.ledger.ledger import Ledger
from agent.loyalty.cards import Source
from agent.upkeep.replay.feed import card_number
from rows.large.ledger import TILL, Size, account_of, build, card_of

SIZE = Size(600)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder = tmp_path_factory.mktemp("large") / "ledger"
    build(folder, SIZE)
    with closing(Ledger.open(folder / "ledger.db", till=TILL, clock=TillClock("Europe/London", alone=True))) as ledger:
        yield ledger


def test_a_ledger_built_in_bulk_verifies_entry_by_entry(large: Ledger) -> None:
    assert [seen.entries for seen in audit.verify(large)] == [SIZE.entries]


def test_what_is_derived_in_bulk_is_what_the_entries_say(large: Ledger) -> None:
    audit.check_derived(large)


def test_every_member_of_it_is_known_by_his_card_and_has_what_he_earned(large: Ledger) -> None:
    counter = Counter(large, programmes.current(large), recorded=lambda: None)

    for member in range(SIZE.members):
        view = counter.identify(card_number(member), Source.NUMBER, by="test")

        assert (view.account, view.card) == (account_of(SIZE, member), card_of(SIZE, member))
        assert view.balances["points"] > 0
