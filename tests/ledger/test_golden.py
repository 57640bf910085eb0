"""L12: what was recorded once adds up to the same for ever, whichever version of the software folds it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson
import pytest

from agent.journal.entry import decode_entry, encode_entry
from agent.journal.fold import check_conservation
from tests.ledger.golden.state import HERE, heads_of, state_of

RECORDED = sorted(HERE.glob("*.jsonl"))


def lines_of(recorded: Path) -> list[bytes]:
    return recorded.read_bytes().splitlines()


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda path: path.stem)
def test_l12_a_recorded_journal_adds_up_to_what_it_did(recorded: Path) -> None:
    lines = lines_of(recorded)
    expected = orjson.loads(recorded.with_suffix(".json").read_bytes())

    assert heads_of(lines) == expected.pop("heads")
    assert state_of(lines) == expected


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda path: path.stem)
def test_l12_recorded_entries_are_read_and_written_byte_for_byte(recorded: Path) -> None:
    for line in lines_of(recorded):
        entry = decode_entry(line)
        check_conservation(entry.postings)
        assert encode_entry(entry) == line


def test_l6_in_whatever_order_the_sums_are_the_same() -> None:
    for recorded in RECORDED:
        lines = lines_of(recorded)
        forwards, backwards = state_of(lines), state_of(reversed(lines))

        assert forwards["lots"] == backwards["lots"]
        assert forwards["returned"] == backwards["returned"]


def test_every_kind_of_a_shops_day_is_recorded() -> None:
    kinds = Counter(decode_entry(line).kind for recorded in RECORDED for line in lines_of(recorded))
    programmes = {decode_entry(line).programme for recorded in RECORDED for line in lines_of(recorded)}

    assert set(kinds) >= {
        *("epoch_opened", "card_opened", "enrolment", "card_linked", "sale", "redemption", "redemption_undone"),
        *("refund", "voucher_spent", "action", "game_day", "game_day_closed"),
    }
    assert len(programmes - {None}) >= 2
