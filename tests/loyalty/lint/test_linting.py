from pathlib import Path

import pytest
from hypothesis import given

from agent.errors import ProgrammeError
from agent.loyalty.lint.finding import Inspection, Severity
from agent.loyalty.lint.linting import CHECKS, lint, load_linted
from agent.loyalty.programme import Programme
from agent.loyalty.programme.positions import Positions
from tests.loyalty.any_programme import programmes
from tests.loyalty.lint.looking import SPENT
from tests.loyalty.shops import COFFEE, GOLD, HEAD, PROGRAMMES

TWO_ERRORS = (
    HEAD + SPENT + GOLD.replace("percent = 150", "") + COFFEE + 'exclude = ["coffee"]\nfirst_sale = true\n'
    'tiers = ["gold"]\n'
).encode()


@pytest.mark.parametrize("path", sorted(PROGRAMMES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_programmes_that_come_with_the_project_lint_clean(path: Path) -> None:
    assert [one for one in lint(path.read_bytes()) if one.severity is not Severity.NOTE] == []


def test_a_finding_names_check_line_rule_and_mend() -> None:
    lines = TWO_ERRORS.decode().splitlines()
    dead = [finding for finding in lint(TWO_ERRORS) if finding.check == "dead-rule"]

    assert [(one.severity, one.rule, lines[one.line - 1]) for one in dead] == [
        ("error", "coffee", 'exclude = ["coffee"]'),
        ("error", "coffee", "first_sale = true"),
    ]
    assert dead[0].told("shop.toml") == (
        f"shop.toml:{dead[0].line}: error: 'coffee': counts no line: everything it names is excluded as well; "
        "take the names out of 'exclude' (dead-rule)"
    )


def test_findings_come_in_the_order_of_the_file() -> None:
    found = [finding.line for finding in lint(TWO_ERRORS)]

    assert found == sorted(found)
    assert len(set(found)) > 2


def test_what_cannot_be_loaded_has_that_one_finding() -> None:
    (finding,) = lint(HEAD.lstrip().encode() + b"[[earn]]\nid = 3\nunit = 'x'")

    assert (finding.check, finding.severity, finding.line) == ("load", "error", 7)
    assert finding.text.startswith("[[earn]] number 1: id = 3 must be")


def test_a_programme_with_errors_is_not_loaded_to_be_published() -> None:
    with pytest.raises(ProgrammeError) as refused:
        load_linted(TWO_ERRORS)

    assert str(refused.value).startswith(f"line {refused.value.line}: 'coffee': ")
    assert "take the names out of 'exclude'" in refused.value.hint


def test_warnings_and_notes_publish() -> None:
    data = (HEAD + SPENT + GOLD).encode()

    assert load_linted(data).tiers
    assert {finding.severity for finding in lint(data)} >= {Severity.NOTE, Severity.WARNING}


@given(programmes())
def test_no_check_fails_on_any_programme(programme: Programme) -> None:
    look = Inspection(programme, Positions({}, {}), None)

    assert all(finding.text for check in CHECKS.values() for finding in check(look))
