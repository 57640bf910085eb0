"""Printer models."""

from __future__ import annotations

import pytest

from agent.devices.escpos.model import load_model
from agent.devices.escpos.pages import Page
from agent.errors import ConfigError


def test_a_profile_knows_its_pages_and_powers() -> None:
    model = load_model("TM-T88V", code_pages={}, font=None)

    assert Page(17, "CP866") in model.pages
    assert Page(44, "CP1125") not in model.pages
    assert (model.has_raster, model.has_qr) == (True, True)


def test_of_several_numbers_for_a_page_the_lowest_is_used() -> None:
    assert Page(17, "CP866") in load_model("POS-5890", code_pages={}, font=None).pages  # also 59


def test_an_unknown_profile_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown printer profile 'TM-T88VI'; did you mean 'TM-T88\w*'\?"):
        load_model("TM-T88VI", code_pages={}, font=None)


def test_an_unknown_code_page_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown code page 'CP8666'; did you mean 'CP866'\?"):
        load_model("default", code_pages={"CP8666": 17}, font=None)
