"""Which tap an address proves: the published cases, and that nothing else proves anything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.devices.chips.sun.address import Layout
from agent.devices.chips.sun.keys import SunKeys, SunTap
from agent.devices.chips.sun.primitives import card_key
from agent.errors import ConfigError, FailureError
from tests.devices.chips.sun.tag import FILE_KEY, META_KEY, UID, address
from tests.devices.chips.vectors import load

# sdm-backend's tests (MIT), most of them from NXP AN12196; the file names both.
CASES: list[dict[str, Any]] = load("sun/ntag424_sdm.json")["cases"]
KEYS = SunKeys(FILE_KEY, META_KEY)
SYSTEM = bytes.fromhex("3042f54e585020416275")


def published(case: dict[str, Any]) -> tuple[SunKeys, str]:
    """The keys of a case, and its address; where it gives none, one as NXP's own look."""
    text = case.get("url") or "https://example.com/?" + "&".join(
        f"{name}={case[key]}"
        for name, key in (
            ("picc_data", "picc"),
            ("uid", "uid"),
            ("ctr", "read_ctr_as_in_url_hex"),
            ("enc", "enc"),
            ("cmac", "mac"),
        )
        if case.get(key)
    )
    layout = Layout("e", mac="c") if "?e=" in text else Layout(mac_input="enc" if case.get("enc") else None)
    meta = bytes.fromhex(case["meta_key"]) if "meta_key" in case else None
    return SunKeys(bytes.fromhex(case["file_key"]), meta, layout=layout), text


def expected(case: dict[str, Any]) -> SunTap:
    said = case["expect"]
    if said == "accept":
        return SunTap(bytes.fromhex(case["uid"]), int(case["read_ctr_as_in_url_hex"], 16))
    return SunTap(bytes.fromhex(said["uid"]), said["read_ctr"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_published_address_proves_its_tap_or_nothing(case: dict[str, Any]) -> None:
    keys, text = published(case)
    if case["expect"] == "reject":
        with pytest.raises(FailureError, match="MAC is not made with the shop's key"):
            keys.prove(text)
    else:
        assert keys.prove(text) == expected(case)


def test_the_cases_are_both_ciphers_plain_text_and_a_forgery() -> None:
    assert {case["mode"] for case in CASES} == {"AES", "LRP", "AES plain UID+counter"}
    assert "reject" in {case["expect"] for case in CASES if isinstance(case["expect"], str)}


@given(st.binary(min_size=7, max_size=7), st.integers(0, 2**24 - 1))
def test_every_tap_is_proved_as_it_was(uid: bytes, counter: int) -> None:
    assert KEYS.prove(address(counter, uid=uid)) == SunTap(uid, counter)


@given(st.data())
def test_any_bit_changed_in_what_the_chip_wrote_is_refused(data: st.DataObject) -> None:
    keys = SunKeys(FILE_KEY, META_KEY, layout=Layout(mac_input="enc"))
    text = address(7, under_mac="CEE9A53E3E463EF1F459635736738962")
    digits = [at for at, c in enumerate(text) if at > text.index("=") and c in "0123456789ABCDEF"]
    at, bit = data.draw(st.sampled_from(digits)), data.draw(st.integers(0, 6))
    changed = text[:at] + chr(ord(text[at]) ^ 1 << bit) + text[at + 1 :]

    assert keys.prove(text) == SunTap(UID, 7)
    with pytest.raises(FailureError):
        keys.prove(changed)


@given(st.data())
def test_any_bit_changed_before_it_is_hexadecimal_is_refused(data: st.DataObject) -> None:
    lengths = {"picc_data": 16, "cmac": 8}
    name = data.draw(st.sampled_from(sorted(lengths)))
    bit = data.draw(st.integers(0, 8 * lengths[name] - 1))
    text = address(7)
    start = text.index(f"{name}=") + len(name) + 1
    value = bytes.fromhex(text[start : start + 2 * lengths[name]])
    changed = (int.from_bytes(value) ^ 1 << bit).to_bytes(len(value)).hex().upper()

    with pytest.raises(FailureError):
        KEYS.prove(text[:start] + changed + text[start + 2 * lengths[name] :])


@pytest.mark.parametrize(
    "keys",
    [SunKeys(META_KEY, META_KEY), SunKeys(FILE_KEY, FILE_KEY), SunKeys(FILE_KEY, META_KEY, SYSTEM)],
    ids=["another file key", "another meta key", "diversified keys"],
)
def test_a_card_with_other_keys_is_refused(keys: SunKeys) -> None:
    with pytest.raises(FailureError):
        keys.prove(address(1))


def test_a_card_with_a_key_of_its_own_is_proved_and_cannot_stand_for_another() -> None:
    keys = SunKeys(FILE_KEY, META_KEY, SYSTEM)
    own = card_key(FILE_KEY, UID, SYSTEM)

    assert keys.prove(address(3, file_key=own)) == SunTap(UID, 3)
    with pytest.raises(FailureError):
        keys.prove(address(3, uid=UID[::-1], file_key=own))


def test_the_text_under_the_mac_is_proved_and_must_be_there() -> None:
    keys = SunKeys(FILE_KEY, META_KEY, layout=Layout(mac_input="enc"))
    text = address(4, under_mac="42")

    assert keys.prove(text) == SunTap(UID, 4)
    for changed in (text.replace("enc=42", "enc=43"), text.replace("enc=42", "enc=42&points=1"), address(4)):
        with pytest.raises(FailureError):
            keys.prove(changed)


def test_what_stands_outside_the_mac_says_nothing() -> None:
    assert KEYS.prove(address(4) + "&lang=ro#top") == SunTap(UID, 4)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://club.example",
        "https://club.example/?picc_data=00",
        "https://club.example/?cmac=94EED9EE65337086",
        "https://club.example/?uid=041E3C8A2D6B80&ctr=000006&cmac=4B00064004B0B3D3",
        "https://id.example.com/8018/952499909876543210",
    ],
)
def test_what_is_no_such_address_is_left_to_others(text: str) -> None:
    assert KEYS.prove(text) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.lower(), "'picc_data' is not 32 or 48 digits of upper-case hexadecimal"),
        (lambda text: text[:-1], "'cmac' is not 16 digits"),
        (lambda text: text + "0", "'cmac' is not 16 digits"),
        (lambda text: text + "&cmac=94EED9EE65337086", "2 parameters 'cmac'"),
        (lambda text: text.replace("=", "=%30", 1), "'picc_data' is not"),
        (lambda text: text.replace("=", "=\u0660\u0660", 1), "'picc_data' is not"),
    ],
)
def test_what_no_chip_writes_is_refused_and_not_repeated(change: Any, said: str) -> None:
    text = address(1)
    with pytest.raises(FailureError, match=said) as caught:
        KEYS.prove(change(text))

    for digits in (text.partition("picc_data=")[2][:32], text[-16:]):
        assert digits.lower() not in str(caught.value).lower()


@given(
    st.text() | st.from_regex(r"\A[?&](picc_data|uid|ctr|cmac|enc)=[0-9A-F]*([?&](picc_data|uid|ctr|cmac|enc)=.*){3}")
)
@example("?picc_data=" + "00" * 24 + "&cmac=" + "00" * 8)
@example("?picc_data=" + "00" * 16 + "&enc=\ud800&cmac=" + "00" * 8)
def test_any_text_is_a_tap_an_error_of_ours_or_nothing(text: str) -> None:
    for layout in (Layout(), Layout(mac_input="enc")):
        for meta in (META_KEY, None):
            try:
                tap = SunKeys(FILE_KEY, meta, layout=layout).prove(text)
            except FailureError:
                continue
            assert tap is None


def test_keys_never_show_themselves() -> None:
    shown = repr(SunKeys(FILE_KEY, META_KEY))

    assert FILE_KEY.hex() not in shown
    assert repr(FILE_KEY) not in shown
    assert repr(META_KEY) not in shown


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SunKeys(FILE_KEY[1:]), "'file_key' has 15 bytes, not 16"),
        (lambda: SunKeys(FILE_KEY, META_KEY * 2), "'meta_key' has 32 bytes, not 16"),
        (lambda: SunKeys(FILE_KEY, META_KEY, bytes(25)), "'system' has 25 bytes, over the limit of 24"),
        (lambda: Layout(mac="c=mac"), "'c=mac' must be a parameter's name"),
        (lambda: Layout(mac_input=""), "'' must be a parameter's name"),
    ],
)
def test_what_cannot_be_a_key_or_a_name_is_refused(make: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make()
