"""The pins: complete, exact, hashed, and free of any package index."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PINS = ("build.txt", "till.txt", "dev.txt", "fuzz.txt", "mutants.txt", "browser.txt")


def text_of(name: str) -> str:
    return (ROOT / "scripts" / "pins" / name).read_text()


def pins(name: str) -> dict[str, str]:
    """Return the version of each package in a pin file, by canonical name."""
    lines = [line.split(";")[0].rstrip(" \\") for line in text_of(name).splitlines() if line[:1].isalnum()]
    return {canonicalize_name(package): version for package, version in (line.split("==") for line in lines)}


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return table


def unmet(requirements: list[str], pinned: dict[str, str]) -> list[str]:
    """Return the requirements that the pins do not satisfy."""
    wanted = [Requirement(text) for text in requirements]
    return [str(each) for each in wanted if pinned.get(canonicalize_name(each.name), "") not in each.specifier]


@pytest.mark.parametrize("name", PINS)
def test_every_package_carries_the_hashes_of_its_files(name: str) -> None:
    entries = text_of(name).replace("\\\n", "").splitlines()
    packages = [entry for entry in entries if entry[:1].isalnum()]

    assert packages
    assert [entry for entry in packages if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("name", PINS)
def test_pins_name_no_index_and_no_address(name: str) -> None:
    text = text_of(name)

    assert "://" not in text
    assert "--index" not in text
    assert "--extra-index" not in text
    assert "--find-links" not in text


def test_a_till_finds_everything_the_project_depends_on() -> None:
    assert unmet(project()["dependencies"], pins("till.txt")) == []


@pytest.mark.parametrize("extra", ["hq", "replay", "dev"])
def test_development_finds_everything_an_extra_asks_for(extra: str) -> None:
    assert unmet(project()["optional-dependencies"][extra], pins("dev.txt")) == []


@pytest.mark.parametrize("name", PINS)
def test_spark_is_never_pinned(name: str) -> None:
    assert "pyspark" not in pins(name)


def test_a_till_gets_nothing_of_headquarters_or_of_development() -> None:
    assert {"sqlalchemy", "duckdb", "pytest", "mypy"} & pins("till.txt").keys() == set()


@pytest.mark.parametrize("name", ["till.txt", "build.txt", "mutants.txt", "browser.txt"])
def test_what_is_installed_is_what_was_tested(name: str) -> None:
    tested = pins("dev.txt")

    assert {package: pin for package, pin in pins(name).items() if tested.get(package, pin) != pin} == {}
