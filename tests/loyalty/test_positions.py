import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent.errors import ProgrammeError
from agent.loyalty.programme import load
from agent.loyalty.programme.positions import Path, Positions
from tests.loyalty.shops import HEAD, PROGRAMMES

TRICKY = '''\
# [not.a.table]
title = "a [bracket] # and no comment"  # a comment with [brackets] = and "quotes
"quoted key" = 1
'literal.key' = 2
"\\u00e9" = 3
site."google.com" = true
fruit . apple . smooth = 1979-05-27 07:32:00
text = """
[no.table]
key = "no key"
ends with two quotes"""""
path = \'\'\'
C:\\ [x]
y = 1 \'\'\'\'
lists = [
  [1, 2], # one
  ["a]", 'b}'],
  { deep = { er = [ { est = "}" } ] } }, # no more
]
empty = []
none = {}

[ servers . "alpha beta" ]
ip = "10.0.0.1"
point = { x = 1, "y.z" = 2, w.v = 3 }

[[products]]
name = "Hammer"
[[products]]
[[products.parts]]
id = "nail"
[products.parts.made]
in = 2020
[[products.parts]]
id = "nut"
'''


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every path in what tomllib returns."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*at, key)
        yield from paths(item, (*at, key))


def scanned(text: str) -> Positions:
    return Positions.of(text, tomllib.loads(text))


def test_the_scanner_finds_what_tomllib_finds() -> None:
    assert set(scanned(TRICKY).lines) == set(paths(tomllib.loads(TRICKY)))
    assert set(scanned(TRICKY.replace("\n", "\r\n")).lines) == set(paths(tomllib.loads(TRICKY)))


@pytest.mark.parametrize("name", sorted(path.name for path in PROGRAMMES.glob("*.toml")))
def test_it_reads_the_programmes_that_come_with_the_project(name: str) -> None:
    text = (PROGRAMMES / name).read_text()

    assert set(scanned(text).lines) == set(paths(tomllib.loads(text)))


@pytest.mark.parametrize(
    ("path", "begins"),
    [
        (("title",), "title ="),
        (("quoted key",), '"quoted key"'),
        (("é",), '"\\u00e9"'),
        (("site", "google.com"), "site."),
        (("fruit", "apple"), "fruit . apple"),
        (("path",), "path ="),
        (("lists", 1), '  ["a]"'),
        (("lists", 2, "deep", "er", 0, "est"), "  { deep"),
        (("none",), "none ="),
        (("servers",), "[ servers"),
        (("servers", "alpha beta", "point", "w", "v"), "point ="),
        (("products", 1), "[[products]]"),
        (("products", 1, "parts", 0, "made", "in"), "in = 2020"),
        (("products", 1, "parts", 1, "id"), 'id = "nut"'),
    ],
    ids=str,
)
def test_every_key_has_its_own_line(path: Path, begins: str) -> None:
    line = TRICKY.splitlines()[scanned(TRICKY).lines[path] - 1]

    assert line.startswith(begins)


def test_what_is_not_there_has_the_line_of_its_table() -> None:
    found = scanned("a = 1\n[[earn]]\nid = 'x'\n[[earn]]\nid = 'y'\n")

    assert found.line(("earn", 1, "give")) == 4
    assert found.line(("nothing", "at", "all")) == 1


def test_a_rule_is_found_by_its_id_and_the_last_of_two() -> None:
    found = scanned("[[earn]]\nid = 'x'\n[[rewards]]\nid = 'y'\n[[tiers]]\nid = 'x'\n")

    assert found.path_of("y") == ("rewards", 0)
    assert found.path_of("x") == ("tiers", 0)
    assert found.path_of("z") == ()


def test_a_value_may_be_nested_deeper_than_calls_may() -> None:
    depth = 3000
    text = "a = " + "[" * depth + "1" + "]" * depth

    assert len(Positions.of(text, {}).lines) == depth + 1


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "refused"),
    [
        ("[[earn]]\nid = 'x'\nunit = 'x'\ngive = 'no'", "line 9: [[earn]] number 1: give = 'no' must be"),
        ("[[units]]\nid = 'x'\n", "line 6: [[units]] number 1: key 'label' is missing"),
        ("[[units]]\nid = 'x'\nlabel = 'x'\nlable = 'x'", "line 9: [[units]] number 1: unknown key 'lable'"),
        ("[[units]]\nid = 'x'\nlabel = 'x'\nrounded = 'year'", "line 6: [[units]] number 1: rounded says"),
        ("[refunds]\n\nwithout_receipt = 'x'", "line 8: [refunds]: without_receipt = 'x' must be"),
        ("[[tiers]]\nid = 'x'\nlabel = 'x'\nfrom = '1.00'", "line 1: the programme has [[tiers]] but no [[earn]]"),
        (
            "[[rewards]]\nid = 'x'\nlabel = 'x'\nunits = 5\nvalue = '1.00'\nunit = 'miles'",
            "line 6: 'x': unit names 'miles', which is not in the programme",
        ),
        ("[[units]]\nid = 'x'\nlabel = 'x'\n" * 2, "line 9: id 'x' is used 2 times"),
    ],
)
def test_a_refusal_names_its_line(table: str, refused: str) -> None:
    with pytest.raises(ProgrammeError) as caught:
        load((HEAD.lstrip() + table).encode())

    assert str(caught.value).startswith(refused)
    assert f"line {caught.value.line}:" in refused


@pytest.mark.parametrize(
    ("data", "line"),
    [(b"a = 1\nb = ?\n", 2), (b"a = 1\n\nb = [", 3), (b"a = 1\n# \xff", 2), (b"x = " + b"[" * 9999, None)],
)
def test_what_is_not_toml_is_refused_with_its_line_if_that_is_known(data: bytes, line: int | None) -> None:
    with pytest.raises(ProgrammeError, match="is not valid TOML") as caught:
        load(data)

    assert caught.value.line == line


# -- any document ------------------------------------------------------------------------------------------------------

_word = st.text(st.sampled_from("ab-_1"), min_size=1, max_size=3)
_odd = st.text(st.sampled_from("a.#[]{}=,' é\t"), max_size=4)
_key = st.one_of(
    _word, _odd.map(lambda text: '"' + text.replace("\t", "\\t") + '"'), _word.map(lambda text: f"'{text}.#'")
)
_dotted = st.lists(_key, min_size=1, max_size=3).map(" . ".join)
_chars = st.text(st.sampled_from("a#[]{}=,.'\" \n"), max_size=8)
_scalar = st.one_of(
    st.integers(-99, 99).map(str),
    st.sampled_from(["true", "1.5e-3", "inf", "07:32:00", "1979-05-27 07:32:00", "1979-05-27T07:32:00Z"]),
    _chars.map(lambda text: '"' + text.replace('"', '\\"').replace("\n", "\\\\") + '"'),
    _chars.map(lambda text: "'" + text.replace("'", "").replace("\n", "") + "'"),
    _chars.map(lambda text: '"""' + text.replace('"', '\\"') + '\\\\"""'),
    _chars.map(lambda text: '"""' + text.replace('"', "") + '"""""'),
    _chars.map(lambda text: "'''" + text.replace("'", "") + "''''"),
)
_gap = st.sampled_from(["", " ", "\n", " # no, ]} \n  "])


@st.composite
def _array(draw: st.DrawFn, item: st.SearchStrategy[str]) -> str:
    items = [draw(_gap) + value + draw(_gap) for value in draw(st.lists(item, max_size=3))]
    trailing = draw(st.sampled_from(["", ","]))
    return "[" + ",".join(items) + (trailing if items else "") + draw(_gap) + "]"


def _inline(item: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(_dotted, item), max_size=3)
    return pairs.map(lambda found: "{ " + " , ".join(f"{key} = {value}" for key, value in found) + " }")


_value = st.recursive(_scalar, lambda item: st.one_of(_array(item), _inline(item)), max_leaves=6)
_end = st.sampled_from(["\n", "\r\n", " # [x] = 'y'\n", "\n\n"])
_line = st.one_of(
    st.tuples(_dotted, _value, _end).map(lambda found: f"{found[0]} = {found[1]}{found[2]}"),
    st.tuples(_dotted, _end).map(lambda found: f"[ {found[0]} ]{found[1]}"),
    st.tuples(_dotted, _end).map(lambda found: f"[[{found[0]}]]{found[1]}"),
)


@given(st.lists(_line, max_size=8).map("".join))
def test_of_any_document_the_scanners_keys_are_tomllibs(text: str) -> None:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)  # a key that is there twice; most documents are read
        return

    assert set(Positions.of(text, raw).lines) == set(paths(raw))
