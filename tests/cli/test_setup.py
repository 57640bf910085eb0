from pathlib import Path

import orjson
import pytest

from agent.config import load_config
from tests.cli.said import tally
from tests.till_files import ROOT, TillFiles, set_up


def test_a_good_configuration_is_summed_up(files: TillFiles) -> None:
    assert tally("config", "check", "-c", files.config, "--json").json == {
        "file": str(files.config),
        "till": "corner/1",
        "programme": "Corner Shop Club",
        "articles": None,
        "devices": ["slips", "reader"],
        "ok": True,
    }


def test_the_example_is_good() -> None:
    assert tally("config", "check", "-c", ROOT / "config" / "till.toml").status == 0


def test_checking_makes_nothing(files: TillFiles) -> None:
    tally("config", "check", "-c", files.config)

    assert [path.name for path in files.folder.iterdir()] == ["till.toml"]


def test_what_is_in_force_is_shown(files: TillFiles) -> None:
    shown = tally("config", "show", "-c", files.config, "--json").json

    assert shown == orjson.loads(orjson.dumps(load_config(files.config).shown()))


def test_the_file_may_be_named_by_the_environment(files: TillFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALLY_CONFIG", str(files.config))

    assert tally("config", "show", "--json").json["file"] == str(files.config)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('shop = "corner"', 'shop = "Corner"', "[till]: 'shop' is 'Corner'"),
        ('printer = "slips"', 'printer = "slip"', "did you mean 'slips'?"),
        ('printer = "slips"', 'printer = "reader"', "'printer' 'reader' is a Scanner, not a POSPrinter"),
        ('printer = "slips"', 'display = "reader"', "'display' 'reader' is a Scanner, not a LineDisplay"),
        ("output =", "outptu =", "device 'slips': unknown setting 'outptu'; did you mean 'output'?"),
        ('category = "Scanner"', 'category = "Scaner"', "did you mean 'Scanner'?"),
        ("general-shop.toml", "no-shop.toml", "cannot be read: No such file or directory"),
        ("programmes/general-shop.toml", "till.toml", "programme"),
        ('shop = "Corner Shop"', 'shop = "Corner Shop"\nlogo = "logo.png"', "logo.png cannot be read as a PNG"),
    ],
)
def test_what_cannot_be_used_is_named(files: TillFiles, old: str, new: str, told: str) -> None:
    files.change(old, new)

    assert told in tally("config", "check", "-c", files.config).refusal


def test_a_till_needs_no_programme_of_its_own(tmp_path: Path) -> None:
    files = set_up(tmp_path, programme=None, devices=False)

    assert tally("config", "check", "-c", files.config, "--json").json["programme"] is None


def test_the_articles_are_checked_with_the_programme(files: TillFiles) -> None:
    files.change('shop = "corner"', 'shop = "corner"\narticles = "articles.csv"')
    table = files.folder / "articles.csv"

    table.write_text("sku,cost\ntea,1.20\n")
    good = tally("config", "check", "-c", files.config, "--json").json
    table.write_text("sku,cost\ntea,1.2O\n")
    bad = tally("config", "check", "-c", files.config).refusal
    table.unlink()
    gone = tally("config", "check", "-c", files.config).refusal

    assert good["articles"] == 1
    assert bad.startswith("line 2: cost = '1.2O' must be an amount")
    assert gone.startswith("[till]: 'articles'")


def test_no_file_is_refused_with_how_to_name_one(tmp_path: Path) -> None:
    said = tally("config", "show", "-c", tmp_path / "none.toml")

    assert said.refusal == f"there is no '{tmp_path}/none.toml'"
    assert "--config or TALLY_CONFIG" in said.err
