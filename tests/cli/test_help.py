import shlex
import subprocess
import sys
from typing import Any

import pytest
from typer.main import get_command

from agent.cli import app
from tests.cli.said import tally


def walk(command: Any, words: tuple[str, ...]) -> dict[str, Any]:
    """Every group and command by its words, as they are typed."""
    found = {" ".join(words): command}
    for name, inner in getattr(command, "commands", {}).items():
        found |= walk(inner, (*words, name))
    return found


ALL = walk(get_command(app), ("tally",))
GROUPS = [words for words, command in ALL.items() if hasattr(command, "commands")]
COMMANDS = [words for words in ALL if words not in GROUPS]
ASKING = [words for words in GROUPS if words != "tally devices"]  # alone it lists
LISTS = [words for words in COMMANDS if words not in {"tally run", "tally ledger export"}]


def test_these_are_the_commands() -> None:
    assert {words.removeprefix("tally ") for words in COMMANDS} == {
        *("run", "status", "doctor", "replay", "enrol"),
        *("devices list", "devices watch", "devices test", "devices sheet", "devices calibrate"),
        *("config show", "config check", "ledger verify", "ledger rebuild", "ledger export"),
        *("ledger backup", "ledger backup-keys", "ledger restore"),
        *("member find", "member show", "member explain", "member enrol", "member link", "member erase"),
        *("sale list", "sale show"),
        *("closure x", "closure z", "closure show"),
        *("game check", "game days", "slip preview", "audit pan"),
        *("sync now", "sync status", "sync export", "sync import"),
        *("programme check", "programme show", "programme lint", "programme explain"),
        *("programme backtest", "programme closing"),
        *("staff add", "staff reset", "staff remove", "staff list"),
        *("token add", "token enter", "token list", "token revoke"),
    }


@pytest.mark.parametrize("words", ALL)
def test_help_is_printed_whatever_else_is_missing(words: str) -> None:
    said = tally(*words.split()[1:], "--help")

    assert (said.status, said.err) == (0, "")
    assert f"Usage: {words} " in said.out


@pytest.mark.parametrize("words", GROUPS)
def test_a_list_of_commands_tells_each_in_a_whole_sentence(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    _, _, listed = tally(*words.split()[1:], "--help").out.partition("Commands:\n")

    assert listed
    assert all(line.endswith(".") and not line.endswith("...") for line in listed.splitlines())


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_has_an_example_that_is_this_command(words: str) -> None:
    first, *_, example = (ALL[words].help or "").strip().split("\n\n")
    typed = shlex.split(example.removeprefix("Example: ").partition(" > ")[0])
    arguments = typed[len(words.split()) :]

    assert first.endswith(".")
    assert example.startswith("Example: ")
    assert " ".join(typed).startswith(words)
    ALL[words].make_context(words, arguments)  # a usage error if the example cannot be typed so


@pytest.mark.parametrize("words", COMMANDS)
def test_every_argument_and_option_is_explained(words: str) -> None:
    unexplained = [parameter.name for parameter in ALL[words].params if not parameter.help]

    assert unexplained == []


@pytest.mark.parametrize("words", LISTS)
def test_what_lists_or_tells_does_so_in_json_too(words: str) -> None:
    assert "--json" in [option for parameter in ALL[words].params for option in parameter.opts]


@pytest.mark.parametrize("words", ASKING)
def test_without_a_command_the_help_is_shown_as_misuse(words: str) -> None:
    assert tally(*words.split()[1:]).status == 2


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("membr", "Did you mean 'member'?"),
        ("member finds --name x", "Did you mean 'find'?"),
        ("status --jsn", "--json"),
        ("sale show", "Missing argument"),
        ("sale list --last 0", "--last"),
        ("sale list --last many", "--last"),
        ("token add cashier checkout", "supervisor"),
        ("member find", "give one of --phone, --email, --name and --card"),
        ("member find --name x --phone 1", "give one of --phone, --email, --name and --card"),
        ("replay x.csv --reader laser", "simulated"),
        ("devices lst", "Did you mean 'list'?"),
        ("devices test --level outside", "interactive"),
        ("devices watch --for soon", "--for"),
    ],
)
def test_misuse_ends_with_2_and_says_what_would_be_right(typed: str, told: str) -> None:
    said = tally(*typed.split())

    assert (said.status, said.out) == (2, "")
    assert told in said.err
    assert "Traceback" not in said.err


def test_the_command_line_starts_without_what_takes_long_to_load() -> None:
    heavy = ("PIL", "duckdb", "fastapi", "jinja2", "pydantic", "smartcard", "starlette", "uvicorn")
    code = f"import sys, agent.cli; print(*(name for name in {heavy} if name in sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout

    assert loaded.split() == []
