import pytest

from tests.cli.said import Said, tally
from tests.till_files import TillFiles

PIN = ("--pin", "4071")


def named(files: TillFiles, *words: str) -> Said:
    return tally("staff", *words, "-c", files.config)


def people(files: TillFiles) -> dict[str, str]:
    return {row["staff"]: row["role"] for row in tally("staff", "list", "-c", files.config, "--json").json}


@pytest.mark.parametrize("till", ["running", "shop"])
def test_somebody_is_added_gets_another_pin_and_leaves(till: str, request: pytest.FixtureRequest) -> None:
    files: TillFiles = request.getfixturevalue(till)

    assert named(files, "add", "vera", "--role", "supervisor", *PIN).status == 0
    assert people(files) == {"vera": "supervisor"}
    assert named(files, "reset", "vera", "--pin", "9315").status == 0
    assert named(files, "remove", "vera").status == 0

    assert people(files) == {}


def test_a_bad_pin_is_refused_and_not_repeated(shop: TillFiles) -> None:
    said = named(shop, "add", "vera", "--pin", "1234")

    assert "anybody would try first" in said.refusal
    assert "1234" not in said.err


def test_nobody_is_named_twice(shop: TillFiles) -> None:
    named(shop, "add", "vera", *PIN)

    assert "is here already" in named(shop, "add", "vera", *PIN).refusal
