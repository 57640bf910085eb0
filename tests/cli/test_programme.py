from pathlib import Path

import orjson

from tests.cli.said import tally
from tests.till_files import GENERAL_SHOP, ROOT, TillFiles, counter_of, set_up


def test_a_good_programme_is_summed_up() -> None:
    shown = tally("programme", "check", GENERAL_SHOP, "--json").json

    assert shown["name"] == "Corner Shop Club"
    assert shown["cards"] == ["9826... (12, number)", "04... (14, chip)"]
    assert (shown["earn"], shown["tiers"], shown["rewards"]) == (["point-a-pound"], ["gold"], ["points-as-money"])


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


def test_the_linter_names_file_line_rule_and_mend(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(GENERAL_SHOP.read_text().replace("percent = 150", "percent = 100"))
    line = bad.read_text().splitlines().index("[[tiers]]") + 1

    said = tally("programme", "lint", bad)

    assert said.status == 0
    assert f"{bad}:{line}: warning: 'gold': gives nothing" in said.out
    assert "0 errors, " in said.out


def test_a_programme_with_errors_fails_the_linter(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(GENERAL_SHOP.read_text().replace('per = "1.00"', 'per = "0.01"'))

    said = tally("programme", "lint", bad, "--json")

    assert said.status == 1
    found = orjson.loads(said.out)
    assert {"file", "line", "rule", "mend", "severity", "check", "text"} == set(found[0])
    assert [one["check"] for one in found if one["severity"] == "error"] == ["cost"]


def test_the_linter_looks_names_up_in_the_shops_articles(tmp_path: Path) -> None:
    articles = tmp_path / "articles.csv"
    articles.write_text("sku,category\n1,tea\n")

    said = tally("programme", "lint", ROOT / "config" / "programmes" / "coffee-shop.toml", "--articles", articles)

    assert said.status == 1
    assert "categories names 'coffee', which is not in the table of articles" in said.out


def test_a_file_that_cannot_be_loaded_is_one_finding_with_its_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("name = 'x'\ncurrency = 'euro'\n")

    assert tally("programme", "check", bad).refusal.startswith("line 2: the programme: currency = 'euro' must be")
    said = tally("programme", "lint", bad)
    assert said.status == 1
    assert said.out.startswith(f"{bad}:2: error: the programme: currency = 'euro' must be")


def test_a_recorded_sale_is_explained_rule_by_rule(shop: TillFiles) -> None:
    explained = tally("programme", "explain", "--op", "S-1", "-c", shop.config, "--json").json

    rules = {one["rule"]: one for one in explained["rules"]}
    assert explained["same"] is True
    assert rules["point-a-pound"]["applied"] == ["Points for £123.50, per £1.00: +123"]
    assert rules["gold"]["missed"] == ["Gold: spend £376.50 more"]
    text = tally("programme", "explain", "--op", "S-1", "-c", shop.config).out
    assert "gold\n  - Gold: spend £376.50 more\n" in text


def test_a_sale_that_might_be_is_explained_under_a_draft_without_any_till(tmp_path: Path) -> None:
    sale = tmp_path / "sale.json"
    sale.write_text('{"lines": [{"article": "c", "quantity": 7, "amount": 2100, "category": "coffee"}]}')
    coffee = ROOT / "config" / "programmes" / "coffee-shop.toml"

    text = tally("programme", "explain", "--sale", sale, "--programme", coffee).out

    assert text == "coffee\n  + Punched: Coffee card: +7\n  - Coffee card: 2 more, then one is free\n"


def test_a_sale_that_might_be_is_explained_for_a_member_of_this_till(shop: TillFiles, tmp_path: Path) -> None:
    sale = tmp_path / "sale.json"
    sale.write_text('{"lines": [{"article": "m", "quantity": 1, "amount": 40000}]}')
    (found,) = tally("member", "find", "--name", "Ana", "-c", shop.config, "--json").json

    typed = ("programme", "explain", "--sale", sale, "-c", shop.config)

    named = tally(*typed, "--member", found["account"], "--json").json
    unnamed = tally(*typed, "--json").json
    assert {one["rule"]: one["missed"] for one in named["rules"]}["gold"] == ["Gold: spend £33.20 more"]
    assert {one["rule"]: one["missed"] for one in unnamed["rules"]}["gold"] == ["Gold: spend £100.00 more"]


def test_explaining_takes_a_recorded_sale_or_another(shop: TillFiles) -> None:
    assert tally("programme", "explain", "-c", shop.config).status == 2
    assert tally("programme", "explain", "--op", "S-1", "--member", "x", "-c", shop.config).status == 2
    assert tally("programme", "explain", "--op", "none", "-c", shop.config).refusal == "no sale 'none' on this till"
