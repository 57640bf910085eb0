"""A printer's answers to DLE EOT, picked out of whatever else it sends.

Source: Epson ESC/POS command reference, DLE EOT n and GS a: a DLE EOT answer is one byte 0xx1xx10, an automatic status
(ASB) four bytes of which the first is 0xx1xx00, a completion notice (GS ( H, function 48) 37h 22h ... 00h; XON and XOFF
may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from agent.devices.categories import Paper, PrinterStatus, Sign


class Question(IntEnum):
    """The n of DLE EOT n."""

    PRINTER = 1
    OFFLINE_CAUSE = 2
    ERROR_CAUSE = 3
    PAPER = 4


_FIXED_BITS = 0x93
_ANSWER, _ASB = 0x12, 0x10
_ASB_LENGTH = 4
_NOTICE = b"\x37\x22"

# DLE EOT 1
_OFFLINE = 0x08
# DLE EOT 2
_COVER_OPEN, _STOPPED_BY_PAPER, _ERROR = 0x04, 0x20, 0x40
# DLE EOT 3
_CUTTER, _OTHER_ERRORS = 0x08, 0x04 | 0x20 | 0x40
# DLE EOT 4
_NEAR_END, _END = 0x0C, 0x60


def request(question: Question) -> bytes:
    """Return the bytes that ask `question`; the printer answers at once, whatever it is printing."""
    return bytes([0x10, 0x04, question])


def find_answer(received: bytes) -> int | None:
    """Return the first DLE EOT answer in `received`, or None."""
    at = 0
    while at < len(received):
        kind = received[at] & _FIXED_BITS
        if kind == _ANSWER:
            return received[at]
        if kind == _ASB:
            at += _ASB_LENGTH
        elif received.startswith(_NOTICE, at):
            end = received.find(0, at)
            at = len(received) if end < 0 else end + 1
        else:
            at += 1
    return None


def printer_status(answers: Mapping[Question, int]) -> PrinterStatus:
    """Make of the answers what the printer says; what was not answered stays unknown."""
    return PrinterStatus(
        online=_online(answers),
        cover=_sign(answers, Question.OFFLINE_CAUSE, _COVER_OPEN),
        paper=_paper(answers),
        cutter=_sign(answers, Question.ERROR_CAUSE, _CUTTER),
    )


def _sign(answers: Mapping[Question, int], question: Question, bad_bits: int) -> Sign:
    if question not in answers:
        return Sign.UNKNOWN
    return Sign.BAD if answers[question] & bad_bits else Sign.OK


def _online(answers: Mapping[Question, int]) -> Sign:
    """A printer that reports an error counts as offline, even while it says it is online."""
    signs = (
        _sign(answers, Question.PRINTER, _OFFLINE),
        _sign(answers, Question.OFFLINE_CAUSE, _ERROR),
        _sign(answers, Question.ERROR_CAUSE, _OTHER_ERRORS),
    )
    return Sign.BAD if Sign.BAD in signs else signs[0]


def _paper(answers: Mapping[Question, int]) -> Paper:
    stopped = answers.get(Question.OFFLINE_CAUSE, 0) & _STOPPED_BY_PAPER
    sensor = answers.get(Question.PAPER)
    if stopped or (sensor is not None and sensor & _END):
        return Paper.OUT
    if sensor is None:
        return Paper.UNKNOWN
    return Paper.NEAR_END if sensor & _NEAR_END else Paper.OK
