"""mutmut's own command line, but for changes that change nothing; with MUTANTS_SOME=N, so many picked by chance."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterable
from typing import Any

import libcst
import mutmut.__main__ as mutmut
from mutmut.mutation.mutators import mutation_operators, operator_string
from mutmut.runners.harness import BadTestExecutionCommandsException, PytestRunner

_SQL = re.compile(
    r"""["'\s(]*(ALTER|AND|ATTACH|BEGIN|COMMIT|CREATE|DELETE|DETACH|DROP|FROM|GROUP|INSERT|JOIN|LEFT|LIMIT|ON|OR|ORDER|"""
    r"""PRAGMA|RELEASE|ROLLBACK|SAVEPOINT|SELECT|SET|UNION|UPDATE|VACUUM|VALUES|WHERE|WITH)\b"""
)
_QUOTED = re.compile(r"'[^']*'")
_SUSPICIOUS = 35  # mutmut's own number
_asked = PytestRunner.run_tests


def _strings(node: libcst.BaseString) -> Iterable[libcst.BaseString]:
    """Change a string, but not the letter case of SQL: to SQLite it is the same."""
    for changed in operator_string(node):
        if isinstance(node, libcst.SimpleString) and isinstance(changed, libcst.SimpleString):
            before, after = node.value, changed.value
            same = before.lower() == after.lower() and _QUOTED.findall(before) == _QUOTED.findall(after)
            if same and _SQL.match(before):
                continue
        yield changed


def _run_tests(runner: PytestRunner, *, mutant_name: str | None, tests: Iterable[str]) -> int:
    """Ask the tests that pytest finds again by their names: those with other letters than ASCII in theirs it does not.

    It would end with an error then, and mutmut would call that a kill.
    """
    named = [test for test in tests if test.isascii() and "\\" not in test]
    try:
        return int(_asked(runner, mutant_name=mutant_name, tests=named))
    except BadTestExecutionCommandsException:
        return _SUSPICIOUS


def _some(many: int) -> None:
    """Let mutmut know of so many mutants only."""
    every = mutmut.collect_source_file_mutation_data

    def picked(**asked: Any) -> Any:
        mutants, of_files = every(**asked)
        return random.sample(mutants, min(many, len(mutants))), of_files

    mutmut.collect_source_file_mutation_data = picked


if __name__ == "__main__":
    PytestRunner.run_tests = _run_tests
    if many := os.environ.get("MUTANTS_SOME"):
        _some(int(many))
    mutation_operators[:] = [
        (kind, _strings if operator is operator_string else operator) for kind, operator in mutation_operators
    ]
    mutmut.cli()
