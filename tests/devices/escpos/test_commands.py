"""What a printer is told and asked besides slips, byte for byte as its reference has it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.devices.escpos.commands import DUTY_MAX, REPORT_CHANGES, Pulse, Question, ask_when_printed, request

COMMANDS: dict[str, str] = json.loads(Path(__file__).with_name("printer_answers.json").read_text("utf-8"))["commands"]


def test_a_question_is_dle_eot() -> None:
    assert [request(question).hex() for question in Question] == ["100401", "100402", "100403", "100404"]


def test_changes_are_asked_for_with_gs_a() -> None:
    assert REPORT_CHANGES.hex() == COMMANDS["asb_on_all"]


def test_confirmation_is_asked_for_with_gs_h() -> None:
    assert ask_when_printed(b"0001").hex() == COMMANDS["process_id_0001"]


def test_a_pulse_at_once_is_dle_dc4() -> None:
    assert Pulse(2, on_ms=100, off_ms=400).at_once().hex() == COMMANDS["realtime_pulse_pin2_100ms"]
    assert Pulse(5, on_ms=101, off_ms=500).at_once().hex() == "1014010102"


@pytest.mark.parametrize(("pin", "expected"), [(2, "1b700019fa"), (5, "1b700119fa")])
def test_a_queued_pulse_is_esc_p(pin: int, expected: str) -> None:
    assert Pulse(pin, on_ms=50, off_ms=500).queued().hex() == expected


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("on_ms", [2, 50, 100, 102])
def test_pulse_after_pulse_keeps_to_the_duty(on_ms: int, *, at_once: bool) -> None:
    pulse = Pulse(2, on_ms=on_ms, off_ms=4 * on_ms)
    flows_ms = pulse.at_once()[4] * 100 if at_once else pulse.queued()[3] * 2

    assert flows_ms / (pulse.period_s(at_once=at_once) * 1000) <= DUTY_MAX + 1e-9
