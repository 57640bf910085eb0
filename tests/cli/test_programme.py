from pathlib import Path

from tests.cli.said import tally
from tests.till_files import GENERAL_SHOP, ROOT, TillFiles, counter_of, set_up


def test_a_good_programme_is_summed_up() -> None:
    shown = tally("programme", "check", GENERAL_SHOP, "--json").json

    assert shown["name"] == "Corner Shop Club"
    assert shown["cards"] == ["9826... (12, number)", "04... (14, chip)"]
    assert (shown["earn"], shown["tiers"], shown["rewards"]) == (["points"], ["gold"], ["points-as-money"])


def test_every_programme_that_comes_with_the_project_is_good() -> None:
    for path in (ROOT / "config" / "programmes").glob("*.toml"):
        assert tally("programme", "check", path).status == 0


def test_a_programme_that_cannot_be_used_is_refused_with_a_guess(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(GENERAL_SHOP.read_text().replace("currency", "curency"))

    said = tally("programme", "check", bad)

    assert "key 'currency' is missing; is it meant by 'curency'?" in said.refusal
    assert "tally programme check" in said.err


def test_a_programme_that_is_not_there_is_refused(tmp_path: Path) -> None:
    said = tally("programme", "check", tmp_path / "none.toml")

    assert said.refusal == f"'{tmp_path}/none.toml' cannot be read: No such file or directory"


def test_the_programme_in_force_is_the_one_the_till_keeps(shop: TillFiles) -> None:
    checked = tally("programme", "check", GENERAL_SHOP, "--json").json

    assert tally("programme", "show", "-c", shop.config, "--json").json == checked


def test_a_till_without_a_programme_says_how_to_get_one(tmp_path: Path) -> None:
    files = set_up(tmp_path, programme=None)
    with counter_of(files):
        pass

    said = tally("programme", "show", "-c", files.config)

    assert said.refusal == "this till has no programme yet"
    assert "headquarters" in said.err
