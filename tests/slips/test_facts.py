from dataclasses import replace
from typing import Any

import orjson
import pytest

from agent.slips.facts import SlipError, SlipFacts, SlipReturns, SlipVoucher
from tests.slips.samples import SALE


def test_facts_come_back_from_json_as_they_went_in() -> None:
    assert SlipFacts.from_json(orjson.loads(orjson.dumps(SALE.to_json()))) == SALE


def test_facts_of_an_anonymous_sale_come_back_too() -> None:
    bare = replace(SALE, account=None, tier=None, total=None, nearest=None, lines=(), balances=(), punch_cards=())

    assert SlipFacts.from_json(bare.to_json()) == bare


def test_a_missing_key_is_named() -> None:
    stored = SALE.to_json()
    del stored["till"]

    with pytest.raises(SlipError, match="lack 'till'"):
        SlipFacts.from_json(stored)


@pytest.mark.parametrize(("key", "value"), [("balances", [["points"]]), ("lines", 7), ("nearest", ["reward", 3])])
def test_a_value_of_another_shape_is_refused(key: str, value: Any) -> None:
    with pytest.raises(SlipError, match="another shape"):
        SlipFacts.from_json(SALE.to_json() | {key: value})


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SlipError, match="'gift' is none of sale, redemption, refund, enrolment"):
        SlipFacts.from_json(SALE.to_json() | {"kind": "gift"})


def test_a_voucher_is_stored_with_its_slip_and_slips_stored_without_any_still_read() -> None:
    facts = replace(SALE, vouchers=(SlipVoucher("5.00 off", "QR", "TYPED", None),))
    stored = facts.to_json()

    assert SlipFacts.from_json(stored) == facts
    del stored["vouchers"]
    assert SlipFacts.from_json(stored) == SALE


@pytest.mark.parametrize("returns", [None, SlipReturns("TYPED", None), SlipReturns("TYPED", "QR")])
def test_a_sale_s_code_is_stored_with_its_slip(returns: SlipReturns | None) -> None:
    facts = replace(SALE, returns=returns)

    assert SlipFacts.from_json(facts.to_json()) == facts
