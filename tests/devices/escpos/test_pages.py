"""Code pages: which characters go to which page, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.escpos.pages import Page, Run, choose_pages, split_runs

CP437, CP852, CP866, CP1252 = Page(0, "CP437"), Page(18, "CP852"), Page(17, "CP866"), Page(16, "CP1252")
PAGES = (CP437, CP1252, CP852, CP866)


# escpos-php's pangrams and receipt-print-hq/escpos-printer-db's numbers, computed to bytes.
@pytest.mark.parametrize(
    ("text", "page", "expected"),
    [
        ("Привет", "CP866", "8fe0a8a2a5e2"),
        ("Привет", "CP1251", "cff0e8e2e5f2"),
        ("ăâîşţ", "CP852", "c7838cadee"),
        ("ăâîșț", "CP852", "c7838cadee"),  # comma below has no page; the cedilla letters have
        ("ăâîșț", "CP1250", "e3e2eebafe"),
        ("é€", "CP858", "82d5"),
        ("œŒŸ€", "CP1252", "9c8c9f80"),
        ("ґєії", "CP1125", "f3f5f7f9"),
        ("№", "CP866", "fc"),
        ("№", "CP1251", "b9"),
    ],
)
def test_a_page_has_the_printers_bytes(text: str, page: str, expected: str) -> None:
    runs = split_runs(text, [Page(1, page)], None)

    assert runs == (Run(Page(1, page), bytes.fromhex(expected)),)


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
