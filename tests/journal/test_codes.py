from datetime import date
from functools import partial

import pytest
import qrcode  # type: ignore[import-untyped]  # ships no types
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from qrcode.constants import ERROR_CORRECT_M  # type: ignore[import-untyped]

from agent.errors import CodeError, ForgedCodeError
from agent.journal.codes import (
    LONG_LENGTH,
    SALE_LONG_LENGTH,
    TYPED_LENGTH,
    SaleCode,
    Serial,
    is_serial,
    is_typed,
    is_voucher_code,
    key_tag,
    kind_tag,
    long_code,
    long_sale_code,
    read_long,
    read_long_sale,
    read_typed,
    read_typed_sale,
    sale_tag,
    shop_tag,
    typed_check,
    typed_code,
    typed_sale_code,
)

SHOP_KEY = bytes(range(32))
TILL = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = TILL.public_key().public_bytes_raw()
KNOWN = {key_tag(PUBLIC): PUBLIC}
CORNER = shop_tag("corner")
SERIAL = Serial(kind_tag("five-off"), "2024-12-31", 123_456_789)
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

serials = st.builds(
    Serial,
    kind=st.integers(0, 1023),
    last_day=st.none() | st.dates(date(2024, 1, 1), date(2045, 12, 31)).map(str),
    number=st.integers(0, 2**32 - 1),
)


@given(serials)
def test_what_was_issued_is_read_from_either_code(serial: Serial) -> None:
    assert Serial.read(str(serial)) == serial
    assert read_typed(typed_code(serial, SHOP_KEY), [SHOP_KEY]) == serial
    assert read_long(long_code(serial, CORNER, TILL), KNOWN.get) == (serial, CORNER)


def test_the_codes_are_what_they_were_when_the_first_was_printed() -> None:
    long = long_code(SERIAL, CORNER, TILL)

    assert (str(SERIAL), CORNER) == ("J01DR3NQK8N", "8Q92FH5J")
    assert typed_code(SERIAL, SHOP_KEY) == "J01DR3NQK8NY279P7ACR"
    assert long.startswith(
        "05B4EPN7AHHMEK25T8KW9CJ805Q0EPYD2NSB5G54RN793F2RFA9FTZ9ZSKZSQA7KMV7YFRV1DG7PHEBD1EM5X22ATJR6"
    )
    assert (len(long), len(typed_code(SERIAL, SHOP_KEY))) == (LONG_LENGTH, TYPED_LENGTH)


def test_a_long_code_fits_a_qr_code_of_version_six() -> None:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M)
    code.add_data(long_code(SERIAL, CORNER, TILL))
    code.make()

    assert code.version == 6


def test_a_typed_code_is_read_as_people_type() -> None:
    code = typed_code(SERIAL, SHOP_KEY)
    typed = "-".join(code[at : at + 4] for at in range(0, 20, 4)).lower().replace("1", "l").replace("0", "o")

    assert read_typed(f" {typed} ", [SHOP_KEY]) == SERIAL


@given(serials, st.integers(0, 19), st.sampled_from(DIGITS))
def test_one_character_mistyped_is_a_slip_of_the_finger_and_no_guess(serial: Serial, at: int, wrong: str) -> None:
    code = typed_code(serial, SHOP_KEY)
    typed = code[:at] + wrong + code[at + 1 :]
    if typed == code:
        return

    with pytest.raises(CodeError, match="mistyped") as caught:
        read_typed(typed, [SHOP_KEY])
    assert not isinstance(caught.value, ForgedCodeError)


@given(serials, st.integers(0, 19), st.integers(0, 19))
def test_two_characters_exchanged_are_found(serial: Serial, one: int, other: int) -> None:
    code = list(typed_code(serial, SHOP_KEY))
    code[one], code[other] = code[other], code[one]
    typed = "".join(code)
    if typed == typed_code(serial, SHOP_KEY):
        return

    with pytest.raises(CodeError, match="mistyped"):
        read_typed(typed, [SHOP_KEY])


def test_another_shops_typed_code_is_not_believed() -> None:
    with pytest.raises(ForgedCodeError, match="this shop has issued no voucher or slip with this code") as caught:
        read_typed(typed_code(SERIAL, bytes(32)), [SHOP_KEY])

    assert caught.value.hint == "scan the QR code"


def test_a_code_is_good_under_any_of_the_keys_that_the_shop_has_had() -> None:
    code = typed_code(SERIAL, bytes(32))

    assert read_typed(code, [SHOP_KEY, bytes(32)]) == SERIAL
    assert read_typed_sale(typed_sale_code(ENTRY, 5, bytes(32)), [SHOP_KEY, bytes(32)]).tag == sale_tag(ENTRY)


def test_who_has_no_key_of_the_shop_tells_its_code_from_a_guess_by_the_check() -> None:
    code, guess = typed_code(SERIAL, SHOP_KEY), typed_code(SERIAL, bytes(32))

    assert typed_check(f"{code[:4]}-{code[4:].lower()}") == typed_check(code) == (SERIAL, typed_check(code)[1])
    assert typed_check(guess)[0] == SERIAL
    assert typed_check(guess)[1] != typed_check(code)[1]
    assert typed_check("J01DR3NQK8NY279P7ACR")[1].hex() == "fd77787cd8246fab"
    with pytest.raises(CodeError, match="mistyped"):
        typed_check(code[:-1] + ("0" if code[-1] != "0" else "1"))


def test_a_long_code_of_a_till_nobody_knows_is_not_believed() -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))

    with pytest.raises(ForgedCodeError, match="signed by a till that this one does not know"):
        read_long(long_code(SERIAL, CORNER, stranger), KNOWN.get)


@given(st.integers(14, LONG_LENGTH - 1), st.sampled_from(DIGITS))
def test_a_long_code_that_was_changed_is_not_believed(at: int, wrong: str) -> None:
    code = long_code(SERIAL, CORNER, TILL)
    changed = code[:at] + wrong + code[at + 1 :]
    if changed == code:
        return

    with pytest.raises(ForgedCodeError):
        read_long(changed, KNOWN.get)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("", "has 20 characters, not 0"),
        ("A" * 19, "not 19"),
        ("A" * 19 + "U", "no character 'U'"),
        ("A" * 19 + "é", "no character 'É'"),
    ],
)
def test_what_is_no_code_is_refused_with_what_is_wrong(code: str, message: str) -> None:
    with pytest.raises(CodeError, match=message):
        read_typed(code, [SHOP_KEY])


def test_a_long_code_of_another_version_is_refused_as_such() -> None:
    with pytest.raises(CodeError, match="version 8 is not known, only version 1"):
        read_long("1" + "0" * 135, KNOWN.get)
    with pytest.raises(CodeError, match="not 135"):
        read_long("0" * 135, KNOWN.get)


@given(st.text(max_size=160))
def test_whatever_is_typed_or_scanned_is_a_serial_or_a_code_error(text: str) -> None:
    reading = partial(read_typed, shop_keys=[SHOP_KEY]) if is_typed(text) else partial(read_long, key_of=KNOWN.get)

    with pytest.raises(CodeError):
        reading(text)


ENTRY = "018f3c5e-7d2a-7abc-8def-0123456789ab"

entries = st.uuids().map(str)
earnings = st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.integers(1, 2**32 - 1), max_size=2)


@given(entries, st.integers(0, 2**40 - 1), earnings)
def test_a_sales_long_code_says_what_went_in(entry: str, paid: int, earned: dict[str, int]) -> None:
    code = long_sale_code(entry, paid, earned, TILL)

    assert len(code) == SALE_LONG_LENGTH
    pairs = tuple((kind_tag(unit), units) for unit, units in earned.items())
    assert read_long_sale(code, KNOWN.get) == SaleCode(sale_tag(entry), pairs, entry, paid, key_tag(PUBLIC))


@given(entries, st.integers(0, 40_000))
def test_a_sales_typed_code_says_its_tag_and_the_units(entry: str, units: int) -> None:
    code = typed_sale_code(entry, units, SHOP_KEY)

    assert len(code) == TYPED_LENGTH
    said = min(units, 32_767)
    assert read_typed_sale(code, [SHOP_KEY]) == SaleCode(sale_tag(entry), ((None, said),) if said else ())


def test_no_more_than_two_units_fit_a_sales_code() -> None:
    code = long_sale_code(ENTRY, 1, {"points": 3, "stars": 4, "miles": 5}, TILL)

    assert read_long_sale(code, KNOWN.get).earned == ((kind_tag("points"), 3), (kind_tag("stars"), 4))


def test_a_sales_code_is_no_vouchers_code_and_the_other_way_round() -> None:
    with pytest.raises(ForgedCodeError):
        read_typed(typed_sale_code(ENTRY, 5, SHOP_KEY), [SHOP_KEY])
    with pytest.raises(ForgedCodeError):
        read_typed_sale(typed_code(SERIAL, SHOP_KEY), [SHOP_KEY])
    with pytest.raises(CodeError, match="has 170 characters, not 136"):
        read_long_sale(long_code(SERIAL, CORNER, TILL), KNOWN.get)


@given(st.integers(0, SALE_LONG_LENGTH - 1), st.sampled_from(DIGITS))
def test_any_character_of_a_sales_code_changed_is_refused(at: int, other: str) -> None:
    code = long_sale_code(ENTRY, 1234, {"points": 12}, TILL)
    changed = code[:at] + other + code[at + 1 :]

    if changed != code:
        with pytest.raises(CodeError):
            read_long_sale(changed, KNOWN.get)


def test_a_sales_code_fits_a_qr_code_of_version_7() -> None:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M)
    code.add_data(long_sale_code(ENTRY, 1234, {"points": 12}, TILL))
    code.make(fit=True)

    assert code.version <= 7


def test_shops_kinds_and_sales_are_named_by_what_their_hashes_begin_with() -> None:
    assert (shop_tag("corner"), shop_tag("harbour")) == ("8Q92FH5J", "N9TFDZ83")
    assert (kind_tag("five-off"), kind_tag("points")) == (576, 789)
    assert sale_tag(ENTRY) == "R29Z00X8"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("J01DR3NQK8N", True), ("J01DR3NQK8", False), ("J01DR3NQK8NN", False), ("J01DR3NQK8U", False), ("", False)],
)
def test_a_serial_has_eleven_characters_of_the_alphabet(text: str, is_one: bool) -> None:  # noqa: FBT001 - a case
    assert is_serial(text) is is_one


def test_a_long_code_of_another_shop_says_so() -> None:
    serial = Serial(kind_tag("five-off"), None, 1)
    harbour = shop_tag("harbour")

    assert read_long(long_code(serial, harbour, TILL), KNOWN.get) == (serial, harbour)


def test_what_does_not_fit_a_sales_code_is_said_as_the_most_that_fits() -> None:
    for paid, units in ((2**40 - 1, 2**32 - 1), (2**40, 2**32), (2**47, 2**35)):
        said = read_long_sale(long_sale_code(ENTRY, paid, {"points": units}, TILL), KNOWN.get)

        assert (said.paid, said.earned) == (2**40 - 1, ((kind_tag("points"), 2**32 - 1),))


def test_a_code_is_typed_if_it_is_shorter_than_half_a_long_one() -> None:
    assert is_typed("A" * 67)
    assert is_typed("A-" * 67)
    assert not is_typed("A" * 68)


def test_what_was_not_signed_for_this_code_is_told_from_a_till_that_nobody_knows() -> None:
    code = long_code(SERIAL, CORNER, TILL)
    changed = code[:-1] + ("0" if code[-1] != "0" else "1")

    with pytest.raises(ForgedCodeError, match=r"^the code's signature does not fit what it says$"):
        read_long(changed, KNOWN.get)
    with pytest.raises(ForgedCodeError, match=r"^the code was signed by a till that this one does not know$"):
        read_long(code, dict[bytes, bytes]().get)
    with pytest.raises(CodeError, match=r"^the code is mistyped: its check character does not fit$"):
        read_typed("0" * 19 + "1", [SHOP_KEY])


@given(serials)
def test_what_was_issued_has_the_shape_of_a_code_in_either_case(serial: Serial) -> None:
    for code in (typed_code(serial, SHOP_KEY), long_code(serial, CORNER, TILL)):
        assert is_voucher_code(code)
        assert is_voucher_code(code.lower())


@pytest.mark.parametrize("text", ["", "A" * 19, "A" * 135, "AAAAAAAAAAAAAAAAAAA!", "U" * 136, "https://example.com/v"])
def test_what_has_another_shape_is_no_code(text: str) -> None:
    assert not is_voucher_code(text)


def test_a_typed_code_misread_has_not_the_shape_of_one() -> None:
    code = typed_code(SERIAL, SHOP_KEY)

    assert not is_voucher_code(code[:-1] + ("0" if code[-1] != "0" else "1"))
