"""Answers of drivers, right and wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agent.devices.categories import DATA_MAX, DrawerState, Health, Input, Paper, PrinterStatus, Sign
from agent.devices.supervision.calls.answers import (
    as_bytes,
    as_drawer_state,
    as_health,
    as_input,
    as_status,
    asking,
)
from agent.errors import FailureError

WELL = PrinterStatus(Sign.OK, Sign.OK, Paper.OK, Sign.OK)
ANY: Any = "any"


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (as_input, Input(b"9" * DATA_MAX)),
        (as_health, Health(ok=False, text="")),
        (as_status, WELL),
        (as_status, PrinterStatus()),
        (as_drawer_state, DrawerState.UNKNOWN),
        (as_bytes, b""),
    ],
)
def test_an_answer_of_the_right_kind_is_believed(kind: Callable[[object], object], answer: object) -> None:
    assert asking(lambda: answer, kind)() == answer


@pytest.mark.parametrize(
    ("kind", "answer", "said"),
    [
        (as_input, "9498", "returned str in place of an Input"),
        (as_input, Input(ANY), "returned str in place of a bytes"),
        (as_input, Input(b"", application=ANY), "returned str in place of a bytes"),
        (as_input, Input(b"", last_byte_ns=ANY), "returned str in place of an int"),
        (as_input, Input(b"9" * DATA_MAX, application=b"9"), "returned 4097 bytes as one read"),
        (as_health, True, "returned bool in place of a Health"),
        (as_health, Health(ok=ANY, text=""), "returned str in place of a bool"),
        (as_health, Health(ok=True, text=b"well"), "returned bytes in place of a str"),  # type: ignore[arg-type]
        (as_status, None, "returned NoneType in place of a PrinterStatus"),
        (as_status, replace(WELL, paper=ANY), "returned str in place of a Paper"),
        (as_status, replace(WELL, cutter=ANY), "returned str in place of a Sign"),
        (as_drawer_state, "open", "returned str in place of a DrawerState"),
        (as_bytes, bytearray(), "returned bytearray in place of a bytes"),
    ],
)
def test_an_answer_of_the_wrong_kind_is_a_failure(kind: Callable[[object], object], answer: object, said: str) -> None:
    with pytest.raises(FailureError, match=said):
        kind(answer)


def test_what_a_health_check_says_is_cut_and_carries_no_card() -> None:
    health = as_health(Health(ok=True, text="4111111111111111 " * 100_000))

    assert "4111" not in health.text
    assert len(health.text) <= 200
