import pytest

from agent.ledger.kept.profiles.forms import email_form, forms_of, phone_digits

Forms = list[tuple[str, str]]


@pytest.mark.parametrize(
    ("profile", "forms"),
    [
        ({}, []),
        ({"name": None, "phone": None, "email": None}, []),
        ({"name": "", "phone": "", "email": " ", "number": ""}, []),
        ({"name": "Ana Ana"}, [("name", "ana")]),
        ({"phone": "+44 7700 900123"}, [("phone", "700900123")]),
        ({"phone": "none"}, []),  # or everybody without a number would answer to every search without one
        ({"number": "982600000006", "source": "number"}, [("number", "982600000006")]),
        ({"number": "04AABB", "source": "chip"}, [("chip", "04AABB")]),
        ({"email": "Ada@Example.org"}, [("email", "ada@example.org")]),
    ],
)
def test_a_profile_is_found_by_its_name_phone_e_mail_and_card(profile: dict[str, str | None], forms: Forms) -> None:
    assert list(forms_of(profile)) == forms


@pytest.mark.parametrize(
    "written",
    ["07700 900123", "+44 7700 900123", "0044 7700 900123", "+44 (0)7700 900-123", "(07700)900123", "7700900123"],
)
def test_a_phone_number_is_the_same_however_it_is_written(written: str) -> None:
    assert phone_digits(written) == "700900123"


def test_a_phone_number_in_other_digits_is_the_same() -> None:
    assert phone_digits("".join(chr(0x660 + int(digit)) for digit in "07700900123")) == "700900123"


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("ada@example.org", "ada@example.org"),
        ("  Ada@Example.ORG ", "ada@example.org"),
        ("ada @ example.org", "ada@example.org"),
        ("\uff21\uff24\uff21\uff20example.org", "ada@example.org"),
        ("jose\u0301@example.org", "josé@example.org"),
        ("STRASSE@example.org", "strasse@example.org"),
        ("a.d.a+shop@example.org", "a.d.a+shop@example.org"),  # another address anywhere but at one provider
    ],
)
def test_an_e_mail_address_is_the_same_however_it_is_typed(written: str, form: str) -> None:
    assert email_form(written) == form
