import pytest

from agent.ledger.kept.profiles.letters import spellings
from agent.ledger.kept.profiles.names import Form, asked, exact_forms, forms_of_name


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("Ada", ("ada",)),
        ("LOVELACE", ("lovelace",)),
        ("José", ("jose",)),
        ("Jose\u0301", ("jose",)),  # the accent as a character of its own
        ("Ștefan", ("stefan",)),  # with a comma below
        ("Şţefan", ("stefan",)),  # with a cedilla
        ("Weiß", ("weiss",)),
        ("Müller", ("mueller", "muller")),
        ("Åse", ("aase", "ase")),
        ("Øyvind", ("oeyvind", "oyvind")),
        ("Æsop", ("aesop",)),
        ("Đorđe", ("dorde",)),
        ("Łódź", ("lodz",)),
        ("İbrahim", ("ibrahim",)),
        ("Иван", ("ivan",)),
        ("Щукин", ("shchukin", "sukin")),
        ("Юлія", ("iuliia", "ulia")),
        ("Ґалаґан", ("galagan",)),
        ("Μαρία", ("μαρια",)),
    ],
)
def test_a_word_is_written_as_in_a_passport_and_plainly(word: str, written: tuple[str, ...]) -> None:
    assert spellings(word) == written


def _words(name: str) -> set[str]:
    return {text for form, text in forms_of_name(name) if form is Form.WORD}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ada Lovelace", {"ada", "lovelace"}),
        ("  ADA   lovelace ", {"ada", "lovelace"}),
        ("O'Neill-Smith", {"o", "neill", "smith", "oneillsmith"}),
        ("Smith_Jones", {"smith", "jones", "smithjones"}),
        ("", set()),
        ("...", set()),
    ],
)
def test_a_name_is_its_words_and_what_was_written_as_one(name: str, words: set[str]) -> None:
    assert _words(name) == words


def test_only_words_of_four_letters_or_more_are_found_with_a_typo() -> None:
    assert forms_of_name("Ana Ion") == {(Form.WORD, "ana"), (Form.WORD, "ion")}
    assert {text for form, text in forms_of_name("Anna") if form is Form.GAP} == {"nna", "ana", "ann"}
    (word,) = asked("ion")
    assert word.typo == {(Form.GAP, "ion")}  # one letter short of Iona
    assert not word.sound


@pytest.mark.parametrize(
    "alike",
    [
        ("yulia", "iulia", "iuliia", "julia"),
        ("elena", "yelena", "jelena"),
        ("filip", "philippe", "philip"),
        ("alexandru", "aleksandru"),
        ("sergei", "serghei", "sergey"),
        ("tchaikovski", "chaikovskii", "tschaikowski"),
        ("zhukov", "joukov", "zukov"),
        ("schmidt", "shmidt"),
        ("katherine", "catherine"),
        ("khrushchev", "hruscev", "hrushchev"),
    ],
)
def test_what_sounds_alike_has_a_sound_in_common(alike: tuple[str, ...]) -> None:
    sounds = [{text for form, text in forms_of_name(word) if form is Form.SOUND} for word in alike]

    assert set.intersection(*sounds) != set()


def test_the_very_words_are_a_name_without_its_order() -> None:
    assert exact_forms("Ada Lovelace") == exact_forms("LOVELACE ada") != exact_forms("Ada Lovelac")


def test_the_very_words_of_a_name_are_its_parts_as_a_passport_has_them() -> None:
    assert exact_forms("Jürgen O'Neill") == {(Form.WORD, "juergen"), (Form.WORD, "o"), (Form.WORD, "neill")}
