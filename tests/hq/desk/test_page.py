from dataclasses import replace

import pytest

from hq.books.totals import Books, Takings, TillPage, TillRow, UnitRow
from hq.clock import now_ms
from hq.desk.page import money, number, render
from hq.work.jobs import JobRun

_EMPTY = Books(0, 0, 0, 0, (), ())
_TILL = TillRow(
    till="corner/1",
    contact_ms=0,
    epoch="e",
    seq=12345,
    head="ab" * 32,
    entries=12345,
    waiting=0,
    quarantined=0,
    forked=0,
    takings=(Takings("GBP", 10, 1234567, 1, 500),),
    flags=(),
)
_NONE = TillPage((), 0, 0, 1, 1)


def _page_of(*rows: TillRow, number: int = 1, pages: int = 1) -> TillPage:
    return TillPage(rows, len(rows), 0, number, pages)


def test_a_new_headquarters_says_how_to_begin() -> None:
    page = render("HQ", _NONE, _EMPTY)

    assert "tally-hq enrol-code" in page
    assert "come out even" in page


def test_a_till_is_shown_with_contact_head_and_money() -> None:
    page = render("HQ", _page_of(replace(_TILL, contact_ms=now_ms() - 5 * 60_000)), _EMPTY)

    for text in ("corner/1", "5 min ago", "abababababab", money(1234567, "GBP")):
        assert text in page


def test_what_needs_a_look_stands_out() -> None:
    unit = UnitRow("points", {"account": 4, "issuance": -5}, -1, 4)

    page = render("HQ", _NONE, Books(1, 0, 1, 1, (), (unit,)))

    assert "do not come out even" in page


def test_nothing_on_the_page_is_taken_as_markup() -> None:
    assert "<script>" not in render("<script>alert(1)</script>", _NONE, _EMPTY)


def test_the_page_loads_nothing_from_elsewhere() -> None:
    page = render("HQ", _page_of(_TILL), _EMPTY)

    assert "http://" not in page
    assert "https://" not in page
    assert "src=" not in page


def test_many_tills_are_shown_page_by_page() -> None:
    first, middle = (render("HQ", _page_of(_TILL, number=number, pages=3), _EMPTY) for number in (1, 2))

    assert "page 2 of 3" in middle
    assert [link in first for link in ('"?page=0"', '"?page=2"')] == [False, True]
    assert [link in middle for link in ('"?page=1"', '"?page=3"')] == [True, True]


def test_numbers_are_grouped_in_threes() -> None:
    assert number(-1234567) == "-1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567"


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(123456, "GBP", "1_234.56 GBP"), (-5, "EUR", "-0.05 EUR"), (1234, "JPY", "1_234 JPY"), (1234, "KWD", "1.234 KWD")],
)
def test_money_is_shown_as_people_read_it(minor: int, currency: str, text: str) -> None:
    assert money(minor, currency) == text.replace("_", "\N{NARROW NO-BREAK SPACE}")


def test_the_last_run_of_each_job_is_shown() -> None:
    run = JobRun("expiry", "2026-01-02", 0, 1, "halted", "6 of 100 points would expire", "2026-01-01")

    page = render("HQ", _NONE, _EMPTY, [run])

    for text in ("expiry", 'class="bad">halted', "6 of 100 points", "2026-01-01"):
        assert text in page
