"""What a printer's answers say: facts, as its reference names them, and the status that follows from them.

Source: Epson ESC/POS command reference, DLE EOT n and GS a.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from agent.devices.categories import Paper, PrinterStatus, Sign
from agent.devices.escpos.commands import Question


class Fact(StrEnum):
    """One bit of an answer that is set."""

    DRAWER_PIN3_HIGH = "drawer_pin3_high"
    OFFLINE = "offline"
    WAITING_ONLINE_RECOVERY = "waiting_online_recovery"
    FEED_BUTTON = "feed_button"
    COVER_OPEN = "cover_open"
    FEEDING_BY_BUTTON = "feeding_by_button"
    STOPPED_PAPER_END = "stopped_paper_end"
    ERROR = "error"
    MECHANICAL_ERROR = "mechanical_error"
    CUTTER_ERROR = "cutter_error"
    UNRECOVERABLE = "unrecoverable"
    AUTO_RECOVERABLE = "auto_recoverable"
    PAPER_NEAR_END = "paper_near_end"
    PAPER_END = "paper_end"


Bits = tuple[tuple[int, Fact], ...]

_ERROR_BITS: Final[Bits] = (
    (0x04, Fact.MECHANICAL_ERROR),
    (0x08, Fact.CUTTER_ERROR),
    (0x20, Fact.UNRECOVERABLE),
    (0x40, Fact.AUTO_RECOVERABLE),
)
_ANSWER_BITS: Final[Mapping[Question, Bits]] = {
    Question.PRINTER: (
        (0x04, Fact.DRAWER_PIN3_HIGH),
        (0x08, Fact.OFFLINE),
        (0x20, Fact.WAITING_ONLINE_RECOVERY),
        (0x40, Fact.FEED_BUTTON),
    ),
    Question.OFFLINE_CAUSE: (
        (0x04, Fact.COVER_OPEN),
        (0x08, Fact.FEEDING_BY_BUTTON),
        (0x20, Fact.STOPPED_PAPER_END),
        (0x40, Fact.ERROR),
    ),
    Question.ERROR_CAUSE: _ERROR_BITS,
    Question.PAPER: ((0x0C, Fact.PAPER_NEAR_END), (0x60, Fact.PAPER_END)),
}
_AUTOMATIC_BITS: Final[tuple[Bits, ...]] = (
    (
        (0x04, Fact.DRAWER_PIN3_HIGH),
        (0x08, Fact.OFFLINE),
        (0x20, Fact.COVER_OPEN),
        (0x40, Fact.FEEDING_BY_BUTTON),
    ),
    ((0x01, Fact.WAITING_ONLINE_RECOVERY), (0x02, Fact.FEED_BUTTON), *_ERROR_BITS),
    ((0x03, Fact.PAPER_NEAR_END), (0x0C, Fact.PAPER_END)),
    (),
)

_OTHER_ERRORS: Final = frozenset({Fact.ERROR, Fact.MECHANICAL_ERROR, Fact.UNRECOVERABLE, Fact.AUTO_RECOVERABLE})
_NO_PAPER: Final = frozenset({Fact.STOPPED_PAPER_END, Fact.PAPER_END})


def answer_facts(question: Question, answer: int) -> frozenset[Fact]:
    """Return what the byte `answer` says to `question`."""
    return _facts(answer, _ANSWER_BITS[question])


def automatic_facts(status: bytes) -> frozenset[Fact]:
    """Return what the four bytes of an automatic status say."""
    return frozenset[Fact]().union(*(_facts(byte, bits) for byte, bits in zip(status, _AUTOMATIC_BITS, strict=True)))


def printer_status(answers: Mapping[Question, int], automatic: bytes = b"") -> PrinterStatus:
    """Make of the answers what the printer says; what was not answered stays unknown.

    The latest automatic status, if there is one, answers what no answer came to.
    """
    facts = {question: answer_facts(question, answer) for question, answer in answers.items()}
    if automatic:
        facts = dict.fromkeys(Question, automatic_facts(automatic)) | facts
    return PrinterStatus(
        online=_online(facts),
        cover=_sign(facts.get(Question.OFFLINE_CAUSE), {Fact.COVER_OPEN}),
        paper=_paper(facts),
        cutter=_sign(facts.get(Question.ERROR_CAUSE), {Fact.CUTTER_ERROR}),
    )


def _facts(byte: int, bits: Bits) -> frozenset[Fact]:
    return frozenset(fact for mask, fact in bits if byte & mask)


def _sign(facts: frozenset[Fact] | None, bad: Iterable[Fact]) -> Sign:
    if facts is None:
        return Sign.UNKNOWN
    return Sign.OK if facts.isdisjoint(bad) else Sign.BAD


def _online(facts: Mapping[Question, frozenset[Fact]]) -> Sign:
    """A printer that reports an error counts as offline, even while it says it is online."""
    if _OTHER_ERRORS & frozenset[Fact]().union(*facts.values()):
        return Sign.BAD
    return _sign(facts.get(Question.PRINTER), {Fact.OFFLINE})


def _paper(facts: Mapping[Question, frozenset[Fact]]) -> Paper:
    if _NO_PAPER & frozenset[Fact]().union(*facts.values()):
        return Paper.OUT
    sensor = facts.get(Question.PAPER)
    if sensor is None:
        return Paper.UNKNOWN
    return Paper.NEAR_END if Fact.PAPER_NEAR_END in sensor else Paper.OK
