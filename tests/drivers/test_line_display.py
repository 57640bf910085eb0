"""line_display: settings, and the bytes of each language."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.escpos.pages import Page, choose_pages
from agent.devices.settings import parse_settings
from agent.errors import ConfigError
from drivers._link import Transport
from drivers.line_display import COLUMNS, CustomerDisplay, Dialect, Settings, _cd5220, _epson, _fitted
from tests.drivers.display import Cd5220Display, EpsonDisplay
from tests.drivers.serial_line import SerialLine

EPSON = choose_pages({"CP437": 0, "CP850": 2, "CP1252": 16, "CP866": 17, "CP852": 18, "CP858": 19})
RUSSIAN = (Page(ord("R"), "CP866"),)
MOVE_1, MOVE_2 = b"\x1f$\x01\x01", b"\x1f$\x01\x02"


def on(display: EpsonDisplay | Cd5220Display, data: bytes) -> tuple[str, ...]:
    display.take(data)
    return display.shown


def padded(*lines: str) -> list[str]:
    return [_fitted(line) for line in lines]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"dialect": "cd5200"}, "did you mean 'cd5220'"),
        ({"code_pages": {"CP8": 1}}, "unknown code page 'CP8'"),
        ({"dialect": "cd5220", "code_pages": {"CP866": 7}}, "named by a character"),
    ],
)
def test_settings_that_cannot_be_are_refused(table: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_settings(Settings, {"transport": "serial", "path": "x", **table}, where="device 'display'")


def test_epsons_lines_stand_at_their_places() -> None:
    data = _epson(padded("Anna", "120"), EPSON)

    assert data == b"\x1f\x01\x1fC\x00" + MOVE_1 + b"\x1bt\x00" + b"Anna".ljust(20) + MOVE_2 + b"120".ljust(20)


def test_the_lines_of_a_cd5220_are_strings() -> None:
    assert _cd5220(padded("Anna", "120"), ()) == b"\x1bQA" + b"Anna".ljust(20) + b"\r\x1bQB" + b"120".ljust(20) + b"\r"


def test_epson_shows_three_scripts_on_one_line() -> None:
    assert on(EpsonDisplay(), _epson(padded("Café Кафе ăţ", "ș 10 €"), EPSON)) == tuple(
        padded("Café Кафе ăţ", "ş 10 €")
    )


def test_a_line_with_a_letter_that_no_page_has_is_folded() -> None:
    assert on(EpsonDisplay(), _epson(padded("Łódź 5 ₽", ""), EPSON))[0].rstrip() == "Łódź 5 ₽".translate(
        str.maketrans("Łóź₽", "Loz?")
    )


def test_a_cd5220_shows_one_script_and_folds_the_others() -> None:
    display = Cd5220Display()

    assert on(display, _cd5220(padded("Анна", "120 баллов"), RUSSIAN)) == tuple(padded("Анна", "120 баллов"))
    assert on(display, _cd5220(padded("Zoé", "x"), RUSSIAN)) == tuple(padded("Zoe", "x"))


@given(st.lists(st.text(max_size=30), min_size=2, max_size=2))
def test_whatever_is_shown_fits_and_commands_nothing(lines: list[str]) -> None:
    for data, display in (
        (_epson(padded(*lines), EPSON), EpsonDisplay()),
        (_cd5220(padded(*lines), RUSSIAN), Cd5220Display()),
    ):
        assert all(len(line) == COLUMNS and line.isprintable() for line in on(display, data))


def test_more_than_two_lines_are_not_shown(tmp_path: Path) -> None:
    with SerialLine(tmp_path) as line:
        display = CustomerDisplay(Settings(Transport.SERIAL, path=line.path, dialect=Dialect.CD5220))
        display.open()
        display.claim()
        display.enable()
        display.show(["one", "two", "three"])
        sent = b""
        while data := line.receive(0.05):
            sent += data
        display.close()

    assert sent.startswith(b"\x0c\x1b@")
    assert b"two" in sent
    assert b"three" not in sent
