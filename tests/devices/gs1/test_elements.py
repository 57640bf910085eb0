"""Element strings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.gs1.elements import FNC1, read_elements, value_of
from agent.devices.gs1.fault import LabelError
from tests.devices.gs1.vectors import cases

GSRN = "123456789012345675"


def unbracketed(text: str) -> str:
    """Return what stands in the symbol for what is printed below it; FNC1 where it need not be is tolerated."""
    return text.removeprefix("(").replace("(", FNC1).replace(")", "")


# The cases write FNC1 as ^; that a symbol begins with one, its identifier says.
@pytest.mark.parametrize(
    "case", [c for c in cases("scandata.json", "ai_process") if c["fnc1_form"].startswith("^")], ids=str
)
def test_an_element_string_is_read_or_refused_as_published(case: dict[str, Any]) -> None:
    text = case["fnc1_form"][1:].replace("^", FNC1)
    if case["ok"]:
        assert "".join(e.identifier.code + e.value for e in read_elements(text)) == text.replace(FNC1, "")
    else:
        with pytest.raises(LabelError):
            read_elements(text)


def test_a_value_is_found_by_its_identifier() -> None:
    elements = read_elements(f"10ABC{FNC1}8018{GSRN}{FNC1}80191")

    assert value_of(elements, "8018") == GSRN
    assert value_of(elements, "8017") is None


@pytest.mark.parametrize("case", cases("scandata.json", "ai_parse"), ids=lambda case: str(case["bracketed"]))
def test_elements_are_those_that_are_printed_in_brackets(case: dict[str, Any]) -> None:
    if not case["ok"]:
        with pytest.raises(LabelError):
            read_elements(unbracketed(case["bracketed"]))
        return
    seen = read_elements(case["fnc1_form"][1:].replace("^", FNC1))

    assert "".join(f"({e.identifier.code}){e.value}" for e in seen) == case["bracketed"].replace("\\(", "(")


RULES = cases("scandata.json", "ai_rules")
REPEATS = [case for case in RULES if case["rule"] == "validateAIrepeats"]
# What an identifier requires or excludes is not judged (README); an unknown one has no length to go by.
TOLERATED = [case for case in RULES if case["rule"] != "validateAIrepeats"]
UNKNOWN = ("(89)", "(3338)")


@pytest.mark.parametrize("case", REPEATS, ids=lambda case: str(case["bracketed"]))
def test_the_same_twice_is_tolerated_and_a_contradiction_is_not(case: dict[str, Any]) -> None:
    is_known = not any(code in case["bracketed"] for code in UNKNOWN)
    if case["ok"] and is_known:
        assert read_elements(unbracketed(case["bracketed"]))
    else:
        with pytest.raises(LabelError, match="two different things" if is_known else "no application identifier"):
            read_elements(unbracketed(case["bracketed"]))


@pytest.mark.parametrize("case", TOLERATED, ids=lambda case: f"{case['rule']}-{case['bracketed']}")
def test_what_stands_beside_an_element_does_not_spoil_it(case: dict[str, Any]) -> None:
    if any(code in case["bracketed"] for code in UNKNOWN):
        with pytest.raises(LabelError):
            read_elements(unbracketed(case["bracketed"]))
        return
    seen = read_elements(unbracketed(case["bracketed"]))

    assert "".join(f"({e.identifier.code}){e.value}" for e in seen) == case["bracketed"]


@pytest.mark.parametrize("wrong", [f"8018{GSRN[:-1]}4", "11230229", "2551234567890123", "8112991234561234560123456"])
def test_a_value_with_a_wrong_check_digit_date_or_coupon_is_refused(wrong: str) -> None:
    with pytest.raises(LabelError, match="is wrong") as refusal:
        read_elements(wrong)

    assert wrong[4:] not in str(refusal.value)


@given(st.text("0123456789ABC\x1d", max_size=60) | st.text(max_size=60))
def test_any_text_is_elements_or_a_label_error(text: str) -> None:
    try:
        elements = read_elements(text)
    except LabelError:
        return
    assert "".join(e.identifier.code + e.value for e in elements) == text.replace(FNC1, "")
