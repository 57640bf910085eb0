"""Digital Link."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.gs1.digital_link import read_digital_link
from agent.devices.gs1.fault import LabelError

GSRN = "123456789012345675"


def codes_and_values(text: str) -> list[tuple[str, str]]:
    return [(element.identifier.code, element.value) for element in read_digital_link(text)]


@pytest.mark.parametrize(
    "text",
    [
        f"https://id.example.com/8018/{GSRN}",
        f"HTTPS://ID.EXAMPLE.COM/8018/{GSRN}",
        f"http://example.com:8080/loyalty/cards/8018/{GSRN}/",
        f"https://example.com/p/8018/{GSRN}?linkType=gs1:memberCard&lang=ro#top",
        f"https://example.com/8018/8018/{GSRN}",
    ],
)
def test_a_members_number_is_found(text: str) -> None:
    assert codes_and_values(text) == [("8018", GSRN)]


def test_qualifiers_and_parameters_are_elements_too() -> None:
    assert codes_and_values(f"https://a.b/8018/{GSRN}/8019/1?99=A%2FB&x=1") == [
        ("8018", GSRN),
        ("8019", "1"),
        ("99", "A/B"),
    ]
    assert codes_and_values("https://example.com/01/12312312312333/10/A/21/B?99=TEST") == [
        ("01", "12312312312333"),
        ("10", "A"),
        ("21", "B"),
        ("99", "TEST"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "TESTING",
        "https://example.com",
        "https://example.com/about",
        f"Https://example.com/8018/{GSRN}",
        f"ftp://example.com/8018/{GSRN}",
        f"https:///8018/{GSRN}",
        f"https://example.com/8018/{GSRN[:-1]}4",
        f"https://example.com/8018/{GSRN}/10/ABC",
        "https://example.com/01/12312312312333/21/B/10/A",
        f"https://example.com/8018/{GSRN}?89=1",
        f"https://example.com/8018/{GSRN}?8018=123456789012345682",
        f"https://example.com/8018/{GSRN}/8019",
        "https://example.com/8018/%31%32",
    ],
)
def test_what_is_no_digital_link_is_refused(text: str) -> None:
    with pytest.raises(LabelError):
        read_digital_link(text)


@given(st.text("/018?=&%#AhtpsHTPS:.", max_size=60).map("https://a.b/".__add__) | st.text(max_size=100))
def test_any_text_is_elements_or_a_label_error(text: str) -> None:
    try:
        assert read_digital_link(text)
    except LabelError:
        return


def test_a_long_address_is_refused_in_no_time() -> None:
    with pytest.raises(LabelError):
        read_digital_link("https://a.b" + "/8018" * 200_000)
