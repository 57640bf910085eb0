"""Scans with symbology identifiers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.gs1.elements import FNC1
from agent.devices.gs1.fault import LabelError
from agent.devices.gs1.symbology import Symbol, read_symbol, split_identifier
from tests.devices.gs1.vectors import cases

ENGINE_NAMES = {
    "]Q1": "QR",
    "]Q3": "QR",
    "]d1": "DM",
    "]d2": "DM",
    "]J0": "DotCode",
    "]J1": "DotCode",
    "]e0": "DataBarExpanded",
    "]C1": "GS1_128_CCA",
    "]E0": "EAN13",
    "]E4": "EAN8",
}


GS1 = ("]C1", "]e0", "]Q3", "]d2", "]J1")


def as_the_engine_writes(symbol: Symbol) -> str:
    """FNC1 as ^, a caret of the data behind a backslash, | before the second part of a composite symbol."""
    if symbol.elements and not symbol.is_ean:
        return "^" + symbol.data.replace(FNC1, "^")
    second = "^".join(element.identifier.code + element.value for element in symbol.elements)
    return (
        symbol.data.replace("\\^", "\\\\^")
        if "\\^" in symbol.data
        else symbol.data.replace("^", "\\^") + (f"|^{second}" if second else "")
    )


@pytest.mark.parametrize("case", cases("scandata.json", "decode"), ids=lambda case: repr(case["scan"]))
def test_a_scan_is_read_or_refused_as_published(case: dict[str, Any]) -> None:
    if not case["ok"]:
        with pytest.raises(LabelError):
            read_symbol(case["scan"])
        return
    symbol = read_symbol(case["scan"])

    assert ENGINE_NAMES[symbol.identifier] == case["symbology"]
    assert as_the_engine_writes(symbol) == case["data"]


# The other direction: what the engine says a scanner sends for a symbol. Those it refuses to make are not scans.
@pytest.mark.parametrize("case", cases("scandata.json", "generate"), ids=lambda case: repr(case["scan"]))
def test_what_a_scanner_sends_for_a_symbol_is_read(case: dict[str, Any]) -> None:
    symbol = read_symbol(case["scan"])

    assert symbol.is_ean == case["symbology"].startswith(("EAN", "UPC"))
    assert bool(symbol.elements) == (symbol.identifier in GS1 or "|]e0" in case["scan"])
    assert case["scan"].startswith(symbol.identifier + symbol.data)


@pytest.mark.parametrize("case", cases("rcn.json", "symbology_ids"), ids=lambda case: str(case["scan"]))
def test_an_identifier_is_as_long_as_published(case: dict[str, Any]) -> None:
    assert split_identifier(case["scan"]) == (case["value"], case["scan"].removeprefix(case["value"]))


@pytest.mark.parametrize("scan", ["]E3590123412345712", "]E3590123412345712345", "]E112", "]E212345"])
def test_an_ean_may_have_an_add_on(scan: str) -> None:
    assert read_symbol(scan).data == scan[3:]


@pytest.mark.parametrize(
    ("scan", "data"),
    [
        ("]Q2\\0000269498010000012345", "9498010000012345"),
        ("]d4A\\000026\\\\B\\000003C", "A\\BC"),
        ("]Q2\\00026", "\\00026"),
        ("]Q1\\000026A", "\\000026A"),
    ],
)
def test_what_names_the_character_set_is_no_part_of_the_data(scan: str, data: str) -> None:
    assert read_symbol(scan).data == data


def test_a_scanners_own_answer_is_told_from_a_label() -> None:
    assert read_symbol("]Z6REVINF\x06.").is_answer
    assert read_symbol("]X0Product Name").is_answer
    assert not read_symbol("]C0123").is_answer


@given(
    st.builds("]{}{}{}".format, st.sampled_from("ECQdJe"), st.sampled_from("01234"), st.text(max_size=40)) | st.text()
)
def test_any_text_is_a_symbol_or_a_label_error(text: str) -> None:
    try:
        symbol = read_symbol(text)
    except LabelError:
        return
    assert text.startswith(symbol.identifier)
    assert symbol.data in text or symbol.identifier in {"]Q2", "]d4"}
