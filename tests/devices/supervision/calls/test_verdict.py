"""What an exception says of a device."""

from __future__ import annotations

import pytest

from agent.devices.supervision.calls.verdict import restated, shown, verdict
from agent.devices.supervision.report import DeviceStatus
from agent.errors import (
    ClaimedError,
    ConfigError,
    DeviceError,
    FailureError,
    IllegalError,
    NoHardwareError,
    NoServiceError,
    OfflineError,
)
from tests.devices.odd_drivers import WordlessError

VISA = "4111111111111111"  # published by the brand for tests


class AcmeError(OfflineError):
    """A third party's own error, made in a way of its own."""

    def __init__(self, number: int) -> None:
        super().__init__(f"acme {number}")


class BadHintError(OfflineError):
    """An error whose hint is none."""

    hint = 7  # type: ignore[assignment]  # that is what it does wrong


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OfflineError("gone"), DeviceStatus.OFFLINE),
        (NoHardwareError("gone"), DeviceStatus.OFFLINE),
        (FailureError("ill"), DeviceStatus.STOPPED_BY_SELF_CHECK),
        (IllegalError("no"), DeviceStatus.STOPPED_BY_CONFIG_ERROR),
        (ConfigError("no"), DeviceStatus.STOPPED_BY_CONFIG_ERROR),
        (NoServiceError("no"), DeviceStatus.STOPPED_BY_LOAD_ERROR),
        (ValueError("no"), DeviceStatus.OFFLINE),
        (KeyboardInterrupt(), DeviceStatus.OFFLINE),
    ],
)
def test_every_error_has_its_word(error: BaseException, status: DeviceStatus) -> None:
    assert verdict(error).status is status


def test_an_error_that_cannot_be_shown_is_still_named() -> None:
    assert verdict(WordlessError()).text == "the driver failed with WordlessError: (no words)"
    assert verdict(BadHintError("gone")).hint == ""


def test_an_advice_of_the_error_s_own_is_kept_and_the_general_one_is_left_to_the_reader() -> None:
    assert verdict(NoHardwareError("gone", hint="plug it in")).hint == "plug it in"
    assert verdict(NoHardwareError("gone")).hint == ""


@pytest.mark.parametrize("before", [0, 183, 190, 195, 199])
def test_no_digit_of_a_card_is_left_where_the_text_is_cut(before: int) -> None:
    text = shown("x" * before + VISA + "x" * 1000)

    assert "4111" not in text
    assert len(text) <= 200


@pytest.mark.parametrize("error", [ClaimedError(VISA), AcmeError(7), ValueError(VISA), WordlessError()])
def test_what_goes_to_others_is_an_error_of_ours_without_a_card(error: Exception) -> None:
    told = restated(error)

    assert type(told).__module__ == DeviceError.__module__
    assert not isinstance(error, DeviceError) or isinstance(error, type(told))
    assert VISA not in str(told)
    assert told.hint


def test_a_third_party_s_error_becomes_the_one_of_ours_that_it_is() -> None:
    assert type(restated(AcmeError(7))) is OfflineError
