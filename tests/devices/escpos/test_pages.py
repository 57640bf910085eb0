"""Code pages: which characters go to which page, byte for byte (code_pages.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.document import Document, Text
from agent.devices.escpos.encoder import encode
from agent.devices.escpos.model import load_model
from agent.devices.escpos.pages import PREFERRED, Page, Romanian, Run, choose_pages, folded, split_runs

CP437, CP852, CP866, CP1252 = Page(0, "CP437"), Page(18, "CP852"), Page(17, "CP866"), Page(16, "CP1252")
PAGES = (CP437, CP1252, CP852, CP866)


CASES: dict[str, Any] = json.loads(Path(__file__).with_name("code_pages.json").read_text("utf-8"))
OURS = {name.lower().replace("iso_8859-", "iso8859_"): name for name in PREFERRED}
COVERAGE = {page: sets for page, sets in CASES["coverage_missing"].items() if page in OURS}
ALPHABETS: dict[str, set[str]] = {
    name: set().union(*(sets[name]["missing"] for sets in CASES["coverage_missing"].values()))
    for name in CASES["coverage_missing"]["cp437"]
}
NUMBERS = [
    (maker, page, int(number))
    for maker, pages in CASES["esc_t_numbers"].items()
    if "star" not in maker  # another language
    for page, listed in pages.items()
    for number in str(listed).split(" or ")
]


@pytest.mark.parametrize("case", CASES["expected_bytes"], ids=lambda case: f"{case['page']} {case['text']}")
def test_a_page_has_the_printers_bytes(case: dict[str, str]) -> None:
    page = Page(1, OURS[case["page"]])

    assert split_runs(case["text"], [page], None) == (Run(page, bytes.fromhex(case["hex"])),)


@pytest.mark.parametrize(("page", "expected"), [("CP852", "c7838cadee"), ("CP1250", "e3e2eebafe")])
def test_the_comma_below_letters_become_the_cedilla_letters_where_that_is_wanted(page: str, expected: str) -> None:
    folding = Page(1, page)

    assert split_runs("ăâîșț", [folding], None) == (Run(folding, bytes.fromhex(expected)),)
    assert split_runs("ăâîșț", [Page(1, page, Romanian.RASTER)], None) is None


def test_the_comma_below_letters_are_folded_as_the_table_says() -> None:
    page = Page(1, "CP1250")

    for letter, stand_in in CASES["romanian_fold"].items():
        assert page.encode(letter) == page.encode(stand_in) == stand_in.encode("cp1250")


def test_without_any_page_romanian_is_folded_to_ascii() -> None:
    letters = CASES["romanian_ascii_fold"]

    assert "".join(piece for piece, _ in folded("".join(letters))) == "".join(letters.values())


@pytest.mark.parametrize(("page", "alphabet"), [(page, name) for page in COVERAGE for name in ALPHABETS])
def test_a_page_has_exactly_the_letters_it_is_known_to_have(page: str, alphabet: str) -> None:
    exact = Page(1, OURS[page], Romanian.RASTER)
    missing = {letter for letter in ALPHABETS[alphabet] if exact.encode(letter) is None}

    assert missing == set(COVERAGE[page][alphabet]["missing"])


@pytest.mark.parametrize("case", CASES["pangrams"], ids=lambda case: str(case["language"]))
def test_a_pangram_fits_into_the_pages_it_is_known_to_fit_into(case: dict[str, Any]) -> None:
    fitting = {page for page in COVERAGE if split_runs(case["text"], [Page(1, OURS[page], Romanian.RASTER)], None)}

    assert fitting == set(case["single_pages_that_cover_all"]) & set(COVERAGE)


@pytest.mark.parametrize(("maker", "page", "number"), NUMBERS)
def test_every_makers_number_can_be_set(maker: str, page: str, number: int) -> None:
    model = load_model("default", code_pages={OURS[page]: number}, font=None)

    assert b"\x1bt" + bytes([number]) + b"1 EUR" in encode(Document(42, (Text("1 EUR"),)), model)


@pytest.mark.parametrize("profile", ["TM-T20II", "TM-P80", "default"])
def test_a_profile_of_epson_has_epsons_numbers(profile: str) -> None:
    pages = {page.name: page.number for page in load_model(profile, code_pages={}, font=None).pages}

    for page, number in CASES["esc_t_numbers"]["epson"].items():
        assert pages[OURS[page]] == number


def test_a_line_in_three_scripts_changes_the_page_between_words() -> None:
    runs = split_runs("Café Кафе Cafenea ț", PAGES, None)

    assert runs is not None
    assert [run.page for run in runs] == [CP437, CP866, CP852]


def test_the_page_stays_while_it_serves() -> None:
    runs = split_runs("total", PAGES, CP866)

    assert runs == (Run(CP866, b"total"),)


def test_a_character_that_no_page_has_makes_the_line_impossible() -> None:
    assert split_runs("100 ₽", PAGES, None) is None


def test_an_empty_line_needs_no_page() -> None:
    assert split_runs("", PAGES, None) == ()


def test_pages_are_offered_in_our_order_of_preference() -> None:
    chosen = choose_pages({"CP866": 7, "CP437": 0, "CP932": 1, "Unknown": 9, "CP852": 2})

    assert chosen == (Page(0, "CP437"), Page(2, "CP852"), Page(7, "CP866"))


@given(st.text("aé€œșПґß№"))
def test_whatever_is_split_reads_back_as_it_was_but_for_romanian(text: str) -> None:
    runs = split_runs(text, PAGES, None)

    if runs is not None:
        assert "".join(run.data.decode(run.page.name) for run in runs) == text.replace("ș", "ş")
