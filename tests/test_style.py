"""What the tree promises about itself: short modules, a README on every door, nothing left over."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINES_MAX = 500
README_LINES_MAX = 90  # about a page
TEXT = {".py", ".md", ".toml", ".txt", ".html", ".js", ".css", ".csv", ""}
# Put together, so that this file does not find itself.
UNFINISHED = re.compile("|".join((r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"# *XX" + r"X\b")))
MACHINE = re.compile("|".join((r"(?<![\w.])/wo" + r"rk/", r"\.\./sha" + "red", "/home/" + r"\w", "/roo" + "t/")))
INDEX = re.compile("|".join(("py" + r"pi\.org", r"files\.pythonhos" + "ted", "--(extra-)?index" + "-url")))


def files(*folders: str, suffixes: set[str]) -> Iterator[Path]:
    """Every file under these folders that the project wrote, deepest folders last."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(ROOT).parts)
            if path.is_file() and path.suffix in suffixes and not hidden:
                yield path


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def rooms() -> list[Path]:
    """Every folder whose door must have a README: all folders of code, and those a newcomer opens first."""
    code = {path.parent for path in files("agent", "hq", suffixes={".py"}) if path.name != "__init__.py"}
    first = {ROOT / name for name in ("agent", "agent/cli", "drivers", "hq", "config", "scripts", "tests")}
    inner = {ROOT / "agent/web/api", ROOT / "agent/web/screen"}  # two halves of a room, told at the room's own door
    return sorted((code | first) - inner)


def every_text() -> list[Path]:
    top = [path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXT and not path.name.startswith(".")]
    inside = files("agent", "drivers", "hq", "config", "scripts", "tests", suffixes=TEXT)
    return [*top, *inside, *(ROOT / ".ci").iterdir()]


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{named(path)}:{number}: {line.strip()[:80]}"
        for path in every_text()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_module_is_longer_than_one_can_keep_in_mind() -> None:
    sizes = {
        path: len(path.read_text(encoding="utf-8").splitlines())
        for path in files("agent", "drivers", "hq", suffixes={".py"})
    }

    assert [f"{named(path)} has {size} lines" for path, size in sizes.items() if size > LINES_MAX] == []


@pytest.mark.parametrize("folder", rooms(), ids=named)
def test_every_room_says_at_its_door_what_lives_there(folder: Path) -> None:
    readme = folder / "README.md"

    assert readme.exists(), f"{named(folder)} has no README.md"
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= README_LINES_MAX


def test_nothing_is_left_for_later() -> None:
    assert lines_with(UNFINISHED) == []


def test_nothing_names_the_machine_it_was_written_on() -> None:
    assert lines_with(MACHINE) == []


def test_nothing_names_a_package_index() -> None:
    assert lines_with(INDEX) == []


def test_every_link_of_a_readme_leads_somewhere() -> None:
    broken = [
        f"{named(path)}: {target}"
        for path in [
            ROOT / "README.md",
            *files("agent", "drivers", "hq", "config", "scripts", "tests", suffixes={".md"}),
        ]
        for target in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8"))
        if "://" not in target and not (path.parent / target).exists()
    ]

    assert broken == []
