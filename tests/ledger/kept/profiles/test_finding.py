import string
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ledger.kept.profiles.finding import FOUND_MAX, Found, by_email, by_name, by_phone, of_this_name
from agent.ledger.ledger import Ledger
from agent.ledger.members import profile_of
from tests.ledger.tills import enrol, enrolment, opened


def _join(ledger: Ledger, account: str, into: str) -> None:
    with ledger.write() as conn:
        conn.execute("INSERT INTO joined VALUES (?, ?)", (account, into))
    ledger.reload_joined()


def _accounts(found: Sequence[Found]) -> list[str]:
    return [one.account for one in found]


@pytest.mark.parametrize("asked", ["07700 900123", "+44 7700 900123", "0044 (0) 7700/900123"])
def test_a_member_is_found_by_phone_however_it_is_written(ledger: Ledger, asked: str) -> None:
    enrol(ledger, "a", {"name": "Ada", "phone": "+44 7700 900 123"})
    enrol(ledger, "b", {"name": "Bob", "phone": "07700 900124"})

    assert by_phone(ledger, asked) == [Found("a", None)]


def test_a_search_without_a_digit_finds_nobody(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Ada", "phone": "none"})

    assert by_phone(ledger, "unknown") == by_phone(ledger, "") == []


@pytest.mark.parametrize("asked", ["josé núñez", "NUNEZ jose", "Núñez", "jose\u0301"])
def test_a_member_is_found_by_any_words_of_the_name(ledger: Ledger, asked: str) -> None:
    enrol(ledger, "a", {"name": "José Núñez"})
    enrol(ledger, "b", {"name": "Ada Nunn"})

    assert by_name(ledger, asked) == [Found("a", None)]


@pytest.mark.parametrize("asked", ["", " - ", "Jo", "José Nunn", "07700900123"])
def test_a_search_by_other_words_finds_nobody(ledger: Ledger, asked: str) -> None:
    enrol(ledger, "a", {"name": "José Núñez", "phone": "07700900123"})

    assert by_name(ledger, asked) == []


def test_a_search_by_name_ends_at_its_limit(ledger: Ledger) -> None:
    for i in range(FOUND_MAX + 3):
        enrol(ledger, f"a{i:02}", {"name": "Ada"})

    assert len(by_name(ledger, "ada")) == FOUND_MAX


def test_a_joined_member_is_found_once(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Ada", "phone": "07700900123"})
    enrol(ledger, "b", {"name": "Ada", "phone": "07700900123"})
    _join(ledger, "a", "b")

    assert by_name(ledger, "ada") == by_phone(ledger, "07700900123") == [Found("b", None)]


def test_a_new_profile_replaces_the_old_one_and_what_it_was_found_by(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Ada Byron"})
    ledger.append(enrolment("op-2", "a", ledger.keys.seal({"name": "Ada Lovelace"}, subject="a", account="a")))

    assert profile_of(ledger, "a") == {"name": "Ada Lovelace"}
    assert (by_name(ledger, "byron"), by_name(ledger, "lovelace")) == ([], [Found("a", None)])


@pytest.mark.parametrize("asked", ["ada@example.org", " ADA@Example.org", "ada@EXAMPLE.ORG "])
def test_a_member_is_found_by_e_mail_whatever_its_case(ledger: Ledger, asked: str) -> None:
    enrol(ledger, "a", {"name": "Ada", "email": "Ada@example.org"})
    enrol(ledger, "b", {"name": "Bob", "email": "ada.b@example.org"})

    assert by_email(ledger, asked) == [Found("a", None)]
    assert by_email(ledger, "ada+b@example.org") == by_email(ledger, "") == []


def test_who_has_the_very_words_comes_first(ledger: Ledger) -> None:
    for account, name in (("a", "Anna Popesku"), ("b", "Anna Popescu"), ("c", "Ana Popesco"), ("d", "Ana Popescu")):
        enrol(ledger, account, {"name": name})

    assert _accounts(by_name(ledger, "ana popescu")) == ["d", "b", "c", "a"]
    assert _accounts(by_name(ledger, "anna popescu")) == ["b", "a", "d", "c"]


def test_a_member_who_is_found_by_sound_comes_after_one_with_a_typo(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Filip"})
    enrol(ledger, "b", {"name": "Phillippe"})
    enrol(ledger, "c", {"name": "Philippa"})

    assert _accounts(by_name(ledger, "Philippe")) == ["b", "c", "a"]


def test_whoever_has_the_very_words_is_found_among_many_who_nearly_do(ledger: Ledger) -> None:
    for number in range(FOUND_MAX + 3):
        enrol(ledger, f"a{number:02}", {"name": "Marian"})
    enrol(ledger, "z", {"name": "Maria"})

    found = by_name(ledger, "maria")
    assert (found[0], len(found)) == (Found("z", None), FOUND_MAX)


def test_only_the_very_words_and_the_number_make_the_same_person(ledger: Ledger) -> None:
    enrol(ledger, "a", {"name": "Ștefan Popescu", "phone": "0722 000 123"})
    enrol(ledger, "b", {"name": "Stefana Popescu", "phone": "+40 722 000 123"})

    assert of_this_name(ledger, "popescu stefan", "+40722000123") == [Found("a", None)]
    assert of_this_name(ledger, "Stefan Popescu", "0722 000 124") == []


NAMES = ("Anna", "Popescu", "Ștefănescu", "Łukasz", "Dubois", "Щербакова", "Müller", "Сергей", "Quillfeather")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """A ledger with a member of each of the names, each under his own account."""
    ledger = opened(tmp_path_factory.mktemp("people") / "ledger.db")
    for name in NAMES:
        enrol(ledger, f"of-{NAMES.index(name)}", {"name": f"Ion {name}"})
    return ledger


def _typo(word: str, at: int, letter: str, kind: str) -> str:
    """The word with a letter too many, too few, another one, or two swapped."""
    at %= len(word)
    match kind:
        case "insertion":
            return word[:at] + letter + word[at:]
        case "deletion":
            return word[:at] + word[at + 1 :]
        case "substitution":
            return word[:at] + letter + word[at + 1 :]
    swapped = word[at : at + 2][::-1]
    return word[:at] + swapped + word[at + 2 :]


LETTERS = st.sampled_from(string.ascii_letters + "șțéüл")
KINDS = st.sampled_from(["insertion", "deletion", "substitution", "transposition"])


@given(st.sampled_from(NAMES), st.integers(0, 20), LETTERS, KINDS)
def test_one_typo_in_a_word_of_four_letters_or_more_still_finds_the_member(
    people: Ledger, name: str, at: int, letter: str, kind: str
) -> None:
    assert f"of-{NAMES.index(name)}" in _accounts(by_name(people, _typo(name, at, letter, kind)))
    assert f"of-{NAMES.index(name)}" in _accounts(by_name(people, f"ion {_typo(name, at, letter, kind)}"))


# The same names as people of the three countries, and their passports, write them.
SPELLINGS = (
    ("Юлия Щербакова", "Iuliia Shcherbakova", "Yulia Shcherbakova", "Julia Sherbakova"),
    ("Сергей Жуков", "Sergei Zhukov", "Sergey Zhukov", "Serge Joukov", "Serghei Jukov"),
    ("Хрущёв", "Khrushchev", "Hruscev", "Хрущев"),
    ("Пётр Чайковский", "Petr Chaikovskii", "Petr Tchaïkovski", "Petr Cajkovskij"),
    ("Ксения", "Kseniia", "Xenia"),
    ("Ștefan Țîrlea", "Stefan Tirlea", "Ştefan Ţîrlea", "STEFAN TIRLEA"),
    ("Gheorghe Brâncuși", "Gheorghe Brancusi", "George Brancusi"),
    ("François Lefèvre", "Francois Lefevre", "FRANÇOIS LEFÈVRE"),
    ("Zoë Cœur", "Zoe Coeur"),
    ("Jürgen Weiß", "Juergen Weiss", "Jurgen Weiss"),
    ("Łukasz Żółć", "Lukasz Zolc"),
    ("Søren Ångström", "Soren Angstrom", "Soeren Aangstroem"),
)


@pytest.mark.parametrize("spellings", SPELLINGS, ids=lambda spellings: spellings[0])
def test_a_name_in_other_letters_finds_the_member(ledger: Ledger, spellings: tuple[str, ...]) -> None:
    for spelling in spellings:
        enrol(ledger, spelling, {"name": spelling})

    assert sorted(_accounts(by_name(ledger, spellings[0]))) == sorted(spellings)
    assert [asked for asked in spellings if spellings[0] not in _accounts(by_name(ledger, asked))] == []


@pytest.mark.parametrize("asked", ["Anne-Marie O'Neill", "anne marie o neill", "annemarie oneill", "anne oneill"])
def test_a_name_of_several_parts_is_found_by_its_parts_and_as_one_word(ledger: Ledger, asked: str) -> None:
    enrol(ledger, "a", {"name": "Anne-Marie O'Neill"})

    assert by_name(ledger, asked) == [Found("a", None)]
