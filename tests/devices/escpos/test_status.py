"""What a printer's answers mean; the cases are those of the Epson reference for DLE EOT and GS a."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.devices.categories import Paper, PrinterStatus, Sign
from agent.devices.escpos.commands import Question
from agent.devices.escpos.status import answer_facts, automatic_facts, printer_status

CASES: dict[str, Any] = json.loads(Path(__file__).with_name("printer_answers.json").read_text("utf-8"))
ANSWERS = [case for case in CASES["dle_eot"] if case["valid"]]
AUTOMATIC = [case for case in CASES["asb"] if case["valid"]]
WELL = dict.fromkeys(Question, 0x12)


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: f"{case['request']} {case['reply']}")
def test_every_bit_of_an_answer_is_understood(case: dict[str, Any]) -> None:
    facts = answer_facts(Question(bytes.fromhex(case["request"])[2]), int(case["reply"], 16))

    assert facts == {name for name, is_so in case["expect"].items() if is_so}


@pytest.mark.parametrize("case", AUTOMATIC, ids=lambda case: str(case["meaning"]))
def test_every_bit_of_an_automatic_status_is_understood(case: dict[str, Any]) -> None:
    facts = automatic_facts(bytes.fromhex(case["asb"]))

    assert facts == {name for name, is_so in case["expect"].items() if is_so}


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


@pytest.mark.parametrize(
    ("automatic", "trouble"),
    [
        ("10000000", ""),
        ("14000000", ""),
        ("38000000", "cover open, offline"),
        ("18000c00", "out of paper, offline"),
        ("18080000", "cutter jammed, offline"),
        ("18400000", "offline"),
        ("10000300", ""),
    ],
)
def test_an_automatic_status_alone_says_everything(automatic: str, trouble: str) -> None:
    status = printer_status({}, bytes.fromhex(automatic))

    assert status.trouble == trouble
    assert status.ok is not bool(trouble)


def test_an_answer_counts_more_than_an_automatic_status_before_it() -> None:
    assert printer_status(WELL, bytes.fromhex("18000c00")).ok
    assert printer_status({Question.PRINTER: 0x12}, bytes.fromhex("10000300")).paper is Paper.NEAR_END


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
