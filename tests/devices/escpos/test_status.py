"""What a printer's answers mean; the cases are those of the Epson reference for DLE EOT and GS a."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.categories import Paper, PrinterStatus, Sign
from agent.devices.escpos.status import Question, find_answer, printer_status, request

WELL = dict.fromkeys(Question, 0x12)


def test_a_question_is_dle_eot() -> None:
    assert [request(question).hex() for question in Question] == ["100401", "100402", "100403", "100404"]


@pytest.mark.parametrize(
    ("received", "answer"),
    [
        ("12", 0x12),
        ("16", 0x16),
        ("7e", 0x7E),
        ("1312", 0x12),  # after XOFF
        ("1112", 0x12),  # after XON
        ("18000c0012", 0x12),  # after an automatic status
        ("3722303030310012", 0x12),  # after a completion notice
        ("00", None),
        ("13", None),
        ("10", None),
        ("18000c00", None),  # an automatic status of four bytes, none of them an answer
        ("3722123030", None),  # a completion notice cut short
        ("", None),
    ],
)
def test_an_answer_is_told_from_whatever_else_a_printer_sends(received: str, answer: int | None) -> None:
    assert find_answer(bytes.fromhex(received)) == answer


def test_a_printer_that_is_well_is_ok() -> None:
    status = printer_status(WELL)

    assert status == PrinterStatus(Sign.OK, Sign.OK, Paper.OK, Sign.OK)
    assert status.ok


@pytest.mark.parametrize(
    ("question", "answer", "trouble"),
    [
        (Question.PRINTER, 0x1A, "offline"),
        (Question.PRINTER, 0x3A, "offline"),
        (Question.OFFLINE_CAUSE, 0x16, "cover open"),
        (Question.OFFLINE_CAUSE, 0x32, "out of paper"),
        (Question.OFFLINE_CAUSE, 0x36, "out of paper, cover open"),
        (Question.OFFLINE_CAUSE, 0x72, "out of paper, offline"),
        (Question.ERROR_CAUSE, 0x1A, "cutter jammed"),
        (Question.ERROR_CAUSE, 0x32, "offline"),
        (Question.ERROR_CAUSE, 0x52, "offline"),
        (Question.PAPER, 0x7E, "out of paper"),
    ],
)
def test_what_a_printer_complains_of_is_named(question: Question, answer: int, trouble: str) -> None:
    status = printer_status(WELL | {question: answer})

    assert status.trouble == trouble
    assert not status.ok


@pytest.mark.parametrize(("question", "answer"), [(Question.PRINTER, 0x16), (Question.PRINTER, 0x32)])
def test_an_open_drawer_is_no_trouble(question: Question, answer: int) -> None:
    assert printer_status(WELL | {question: answer}).ok


def test_paper_near_its_end_still_prints() -> None:
    status = printer_status(WELL | {Question.PAPER: 0x1E})

    assert status.paper is Paper.NEAR_END
    assert status.ok


@pytest.mark.parametrize("missing", list(Question))
def test_not_knowing_is_not_ok(missing: Question) -> None:
    answers = {question: answer for question, answer in WELL.items() if question is not missing}

    assert not printer_status(answers).ok


def test_a_printer_that_says_nothing_is_silent() -> None:
    assert printer_status({}).silent
    assert not printer_status({Question.PRINTER: 0x12}).silent


@given(st.binary(max_size=64))
def test_any_bytes_are_searched_without_raising(received: bytes) -> None:
    answer = find_answer(received)

    assert answer is None or answer & 0x93 == 0x12
