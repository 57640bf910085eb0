import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import ForgedError, RejectedError, UnreachableError
from agent.journal.entry import encode
from agent.journal.wire.enrolling import Enrolled
from agent.sync.enrol import enrol, pinned, require_pinned
from hq import config, keys
from tests.hq.headquarters import code_for, found, serving
from tests.sync.faults import impostor
from tests.sync.halves import Till


@pytest.fixture
def newcomer(tmp_path: Path, address: str, request: pytest.FixtureRequest) -> Iterator[Till]:
    """A till that is not enrolled, named after its test."""
    name = f"{abs(hash(request.node.name)):x}"[:12]
    with Till(tmp_path, f"n{name}", address) as till:
        yield till


def _code(till: Till, hq: Path) -> str:
    return code_for(hq, till.id.partition("/")[2])


def test_an_enrolled_till_has_pinned_the_root_key(newcomer: Till, hq: Path) -> None:
    joined = enrol(newcomer.ledger, newcomer.settings, _code(newcomer, hq))

    root = keys.load(config.load(hq).keys).root
    assert (joined.till, joined.root) == (newcomer.id, root.hex())
    assert require_pinned(newcomer.ledger).root == root
    newcomer.meet()


def test_an_enrolment_whose_answer_was_lost_may_be_repeated(newcomer: Till, hq: Path) -> None:
    code = _code(newcomer, hq)
    first = enrol(newcomer.ledger, newcomer.settings, code)
    newcomer.meet()

    assert enrol(newcomer.ledger, newcomer.settings, code) == first
    newcomer.meet()


def test_a_wrong_code_pins_nothing(newcomer: Till) -> None:
    with pytest.raises(RejectedError, match="not known here"):
        enrol(newcomer.ledger, newcomer.settings, "AAAA-BBBB-CCCC-DDDD")

    assert pinned(newcomer.ledger) is None
    with pytest.raises(RejectedError, match="not enrolled") as refusal:
        newcomer.meet()
    assert "tally enrol" in refusal.value.hint


def test_a_till_does_not_change_its_headquarters(till: Till, tmp_path: Path) -> None:
    other = found(tmp_path / "other-hq")
    before = pinned(till.ledger)
    with serving(other) as address:
        elsewhere = replace(till.settings, hq=address)
        with pytest.raises(RejectedError, match="belongs to the headquarters with root key"):
            enrol(till.ledger, elsewhere, _code(till, other))

    assert pinned(till.ledger) == before


def test_an_enrolled_till_believes_no_other_headquarters(till: Till, tmp_path: Path, founded: Path) -> None:
    copy = Path(shutil.copytree(founded, tmp_path / "copied-hq"))
    shutil.rmtree(copy / "keys")
    keys.make(copy / "keys", root_file=tmp_path / "thief.key")
    with serving(copy) as address:
        till.hang_up()
        till.settings = replace(till.settings, hq=address)
        with pytest.raises(ForgedError):
            till.meet()


@pytest.mark.parametrize("body", [b"<html>", encode(Enrolled("corner/1", "e", b"r" * 32, b"p" * 32, 1).to_map())])
def test_an_answer_that_does_not_vouch_for_itself_pins_nothing(newcomer: Till, body: bytes) -> None:
    for headers in ({}, {"Signature": "tally=:AAAA:", "Signature-Input": 'tally=();keyid="hq"'}):
        with impostor(200, body, headers) as address, pytest.raises(ForgedError):
            enrol(newcomer.ledger, replace(newcomer.settings, hq=address), "AAAA-BBBB-CCCC-DDDD")

    assert pinned(newcomer.ledger) is None


def test_nobody_there_is_said_so(newcomer: Till) -> None:
    with pytest.raises(UnreachableError):
        enrol(newcomer.ledger, replace(newcomer.settings, hq="http://127.0.0.1:9"), "AAAA-BBBB-CCCC-DDDD")


def test_another_till_of_the_shop_cannot_take_the_code(newcomer: Till, hq: Path) -> None:
    with pytest.raises(RejectedError, match=f"not for '{newcomer.id}'"):
        enrol(newcomer.ledger, newcomer.settings, code_for(hq, "somebody-else"))
