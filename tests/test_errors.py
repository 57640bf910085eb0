import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

import agent
import agent.errors
import agent.web.api.errors
from agent.errors import TallyError

INDENT = 2


def errors_of(module: ModuleType) -> dict[str, type[TallyError]]:
    found = (kind for kind in vars(module).values() if inspect.isclass(kind) and issubclass(kind, TallyError))
    return {kind.__name__: kind for kind in found if kind.__module__ == module.__name__}


FAMILY = {
    name: kind
    for module in pkgutil.walk_packages(agent.__path__, "agent.")
    for name, kind in errors_of(importlib.import_module(module.name)).items()
}
LEAVES = [kind for kind in FAMILY.values() if not kind.__subclasses__()]


def drawn(module: ModuleType) -> Iterator[tuple[str, str | None]]:
    """Every class in the tree of a module's docstring with the class it stands under, or that it names as its base."""
    above: list[str] = []
    for line in (module.__doc__ or "").splitlines():
        name, *rest = line.split() or [""]
        if not name.endswith("Error"):
            continue
        depth = (len(line) - len(line.lstrip())) // INDENT
        assert depth <= len(above), f"{name} is drawn too deep"
        named = rest[0].strip("()") if rest[0].startswith("(") else None
        yield name, above[depth - 1] if depth else named
        above[depth:] = [name]


def test_every_error_of_the_agent_is_drawn_once_and_nothing_else() -> None:
    names = [name for name, _ in drawn(agent.errors)]
    doors = [name for name, _ in drawn(agent.web.api.errors) if name != "DoorError"]

    assert sorted(names + doors) == sorted(FAMILY)


@pytest.mark.parametrize("module", [agent.errors, agent.web.api.errors])
def test_every_error_is_drawn_under_its_base(module: ModuleType) -> None:
    for name, above in drawn(module):
        base = FAMILY[name].__base__
        assert base is not None
        assert above == (None if FAMILY[name] is TallyError else base.__name__), name


def test_an_error_that_lives_elsewhere_says_so_itself_or_in_its_base() -> None:
    lines = {line.split()[0]: line for line in (agent.errors.__doc__ or "").splitlines() if line.strip()}

    for name, _ in drawn(agent.errors):
        if name not in errors_of(agent.errors):
            assert f"({FAMILY[name].__module__.rpartition('.')[0]}" in lines[name], name


@pytest.mark.parametrize("kind", LEAVES)
def test_every_leaf_has_a_hint_in_small_words(kind: type[TallyError]) -> None:
    hint = kind("it is so").hint

    assert hint
    assert hint[0].islower() or hint[0] in "`/"
    assert not hint.endswith(".")


def test_a_raiser_may_give_a_better_hint() -> None:
    assert TallyError("x", hint="do this").hint == "do this"
    assert TallyError("x").hint == TallyError.hint


def test_no_two_errors_have_the_same_code() -> None:
    codes = [kind("x").code for kind in FAMILY.values()]

    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("InsufficientError", "insufficient"),
        ("OpConflictError", "op_conflict"),
        ("EntryTooLargeError", "entry_too_large"),
        ("TallyError", "tally"),
    ],
)
def test_a_code_is_the_name_in_small_letters(name: str, code: str) -> None:
    assert FAMILY[name]("x").code == code
