from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.web.api.policies import Page, Policies, PolicyFile, read_policies

EXAMPLE = Path(__file__).parents[3] / "config" / "policies.toml"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policies.toml"
    path.write_text(text)
    return path


def test_the_example_is_read() -> None:
    policies = read_policies(EXAMPLE)

    assert [page.title for page in policies.pages] == ["Returns", "Points"]
    assert policies.notes["85123A"].startswith("Candle")


def test_a_file_that_changed_is_read_again_and_a_bad_one_leaves_the_last_good_one(tmp_path: Path) -> None:
    path = written(tmp_path, '[[page]]\ntitle = "Returns"\ntext = "30 days"\n')
    file = PolicyFile(path)
    assert file.read() == Policies((Page("Returns", "30 days"),))

    written(tmp_path, '[[page]]\ntitle = "Returns"\ntext = "14 days only"\n')
    changed = file.read()
    written(tmp_path, "[[page]")

    assert changed == Policies((Page("Returns", "14 days only"),))
    assert file.read() == changed
    path.unlink()
    assert file.read() == changed


def test_without_a_file_there_is_nothing_to_look_up() -> None:
    assert PolicyFile(None).read() == Policies()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[page]]\ntitle = 'x'\n", "a title and a text"),
        ("page = 'x'", "pages stand under"),
        ("notes = 'x'", "pages stand under"),
        ("[[page]]\ntitle = ''\ntext = 'y'", "title must be a text of 1 to 60"),
        ("[notes]\nA = 3", r"\[notes\] A must be a text"),
        ("other = 3", "unknown key 'other'"),
        ("\x00", "cannot be read"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_policies(written(tmp_path, text))
