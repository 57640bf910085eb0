"""The [labels] section."""

from __future__ import annotations

import pytest

from agent.devices.gs1.numbers import TEMPLATES, Country, Kind, Numbering, Quantity, Template
from agent.devices.gs1.settings import WORLD, LabelSettings
from agent.devices.settings import parse_settings
from agent.errors import ConfigError


def numbering(table: dict[str, object]) -> Numbering:
    return parse_settings(LabelSettings, table, where="[labels]").numbering()


def test_without_the_section_numbers_mean_what_gs1_says() -> None:
    assert numbering({}) == WORLD
    assert [WORLD.kind_of(n) for n in ("0212345001233", "2912345678906", "0412345678903", "02345673")] == [
        Kind.IN_STORE
    ] * 4
    assert not WORLD.templates


def test_a_shop_says_otherwise() -> None:
    shop = numbering({"in_store": ["20-24"], "coupons": ["25"], "refund_receipts": ["290"]})

    assert [shop.kind_of(n) for n in ("2212345678907", "2512345678908", "2901234567896", "9828508010106")] == [
        Kind.IN_STORE,
        Kind.COUPON,
        Kind.REFUND_RECEIPT,
        Kind.GOODS,
    ]


def test_a_country_has_rules_for_price_and_weight() -> None:
    assert numbering({"country": "NO"}).templates == tuple(TEMPLATES[Country.NO])
    assert numbering({"country": "NO"}).kind_of("2112345678900") == Kind.MEASURED


def test_a_shops_own_layouts_come_before_its_countrys() -> None:
    own = numbering({"country": "NO", "layouts": ["21IIIIIVVVVV weight 3"]})

    assert own.templates[0] == Template("21IIIIIVVVVV", Quantity.WEIGHT, 3)
    assert own.templates[1:] == tuple(TEMPLATES[Country.NO])


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"country": "RO"}, "must be one of none, DE, DK"),
        ({"in_store": ["2x"]}, "'2x' must be first digits"),
        ({"in_store": [""]}, "must be first digits"),
        ({"in_store": ["29-20"]}, "must be first digits"),
        ({"in_store": ["2-29"]}, "must be first digits"),
        ({"in_store": ["20-"]}, "must be first digits"),
        ({"in_store": ["2" * 13]}, "must be first digits"),
        ({"in_store": ["000000-999999"]}, "over 1000 prefixes"),
        ({"in_store": ["20"], "coupons": ["19-21"]}, "'20' are given as in_store and as coupon"),
        ({"layouts": ["22IIIICVVVVV"]}, "must be a layout, one of price, weight, count"),
        ({"layouts": ["22IIIICVVVVV price x"]}, "number of decimals"),
        ({"layouts": ["22IIIICVVVV price 2"]}, "must be 12 characters"),
    ],
)
def test_what_cannot_be_is_refused_by_name(table: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=r"^\[labels\]: ") as refusal:
        numbering(table)

    assert words in str(refusal.value)
