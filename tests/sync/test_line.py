"""One request in flight, believed answers only, and nothing doubled however the line behaves."""

import shutil
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from agent.errors import (
    BusyError,
    EntryTooLargeError,
    ForgedError,
    RejectedError,
    RequestTooLargeError,
    UnreachableError,
)
from agent.journal.entry import ENTRY_BYTES_MAX, encode
from agent.journal.wire.form import read
from agent.journal.wire.meeting import Held, Outcome, Where
from agent.journal.wire.place import Position
from agent.journal.wire.signing import Nonce
from agent.ledger.kept.in_flight import NONCE
from agent.sync.line import Ask
from tests.hq.headquarters import till_rows, wait_for_books
from tests.sync.faults import Fault, bad_line, impostor
from tests.sync.halves import Till

WHERE = Ask("where", encode({}))


def _counter(till: Till) -> int:
    return Nonce.parse((till.ledger.recall(NONCE) or b"").decode()).counter


def _through(till: Till, address: str) -> None:
    """Let a till reach its headquarters by another address from now on."""
    till.hang_up()
    till.settings = replace(till.settings, hq=address)


def test_every_request_has_a_number_of_its_own(till: Till) -> None:
    for _ in range(3):
        till.line().ask(WHERE)

    assert _counter(till) == 3


def test_numbers_go_on_after_a_restart(till: Till) -> None:
    till.line().ask(WHERE)
    till.hang_up()

    till.line().ask(WHERE)

    assert _counter(till) == 2


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("fault", list(Fault))
def test_whatever_the_line_does_nothing_is_lost_or_doubled(
    till: Till, hq: Path, address: str, fault: Fault, *, restart: bool
) -> None:
    till.sell(10, card=1)
    till.meet()
    for pounds in (20, 30, 40):
        till.sell(pounds, card=1)
    with bad_line(address) as (bad, line):
        _through(till, bad)
        line.faults = [fault, fault]
        for _ in range(6):
            try:
                till.meet()
                break
            except (UnreachableError, ForgedError):
                if restart:
                    till.hang_up()
        till.meet()
        till.hang_up()
        assert not line.faults

    row = till_rows(hq)[till.id]
    assert (row.seq, row.head) == (till.ledger.identity.seq, till.ledger.identity.head.hex())
    assert row.flags == ()
    wait_for_books(hq)
    assert till_rows(hq)[till.id].takings[0].sales_money == 10_000


def test_an_unanswered_request_is_sent_again_before_any_other(till: Till, hq: Path, address: str) -> None:
    with bad_line(address) as (bad, line):
        _through(till, bad)
        till.line().ask(WHERE)
        line.faults = [Fault.LOSE_ANSWER]
        with pytest.raises(UnreachableError):
            till.line().ask(WHERE)
        before = line.exchanges

        till.line().ask(WHERE)
        till.hang_up()

        assert line.exchanges == before + 2
    assert _counter(till) == 3
    assert till_rows(hq)[till.id].flags == ()


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>Accept our terms</html>"), (200, b"{}"), (200, b"")])
def test_an_answer_without_headquarters_signature_is_not_believed(till: Till, status: int, body: bytes) -> None:
    with impostor(status, body) as address:
        _through(till, address)
        with pytest.raises(ForgedError, match="without headquarters' signature"):
            till.line().ask(WHERE)
        till.hang_up()


@pytest.mark.parametrize("status", [302, 403, 404, 413, 429, 500, 502, 503])
def test_an_error_nobody_signed_is_the_lines(till: Till, status: int) -> None:
    with impostor(status, b"Bad Gateway", {"Location": "https://elsewhere.example/"}) as address:
        _through(till, address)
        with pytest.raises(UnreachableError, match=f"answers {status}"):
            till.line().ask(WHERE)
        till.hang_up()


@pytest.mark.parametrize(
    ("said", "later_s"), [("7", 7.0), ("", 0.0), ("-1", 0.0), ("1e9", 0.0), ("9" * 40, 0.0), ("Sun, 22 Nov 2026", 0.0)]
)
def test_who_is_busy_says_when_to_come_again(till: Till, said: str, later_s: float) -> None:
    with impostor(429, b"{}", {"Retry-After": said}) as address:
        _through(till, address)
        with pytest.raises(BusyError, match="answers 429") as busy:
            till.line().ask(WHERE)
        till.hang_up()

    assert busy.value.later_s == later_s


def test_what_headquarters_does_not_know_is_asked_once(till: Till) -> None:
    till.line().ask(WHERE)
    with pytest.raises(RejectedError, match="knows no 'POST /sync/v1/nothing'") as refused:
        till.line().ask(Ask("nothing", b"{}"))

    till.line().ask(WHERE)

    assert "update it" in refused.value.hint
    assert _counter(till) == 3


@pytest.mark.parametrize("restart", [False, True])
def test_what_headquarters_finds_too_large_is_sent_in_smaller_parts(
    till: Till, hq: Path, monkeypatch: pytest.MonkeyPatch, *, restart: bool
) -> None:
    """Of one process with the till here, headquarters takes less than it says elsewhere."""
    till.meet()
    for pounds in range(1, 31):
        till.sell(pounds, card=1)
    monkeypatch.setattr("hq.receive.door._BATCH_BYTES_MAX", 2200)
    tries = 0
    with pytest.raises(RequestTooLargeError):
        till.meet()
    if restart:
        till.hang_up()
        monkeypatch.undo()
    while till.ledger.identity.seq > till_rows(hq)[till.id].seq:
        tries += 1
        assert tries < 9
        try:
            till.meet()
        except RequestTooLargeError:
            continue

    row = till_rows(hq)[till.id]
    assert (row.head, row.flags) == (till.ledger.identity.head.hex(), ())


def test_S7_what_is_too_large_for_an_entry_is_refused_before_it_is_acknowledged_and_blocks_nothing(
    till: Till, hq: Path
) -> None:
    before = till.ledger.identity
    with pytest.raises(EntryTooLargeError):
        till.append("huge", "something", {"text": "m" * ENTRY_BYTES_MAX})
    assert till.ledger.identity == before

    till.sell(10)
    till.meet()

    assert till_rows(hq)[till.id].head == till.ledger.identity.head.hex()


def test_a_forged_acknowledgement_moves_nothing(till: Till) -> None:
    till.sell(10, card=1)
    identity = till.ledger.identity
    held = Held(Outcome.HELD, Position(identity.epoch, identity.seq, identity.head), 0, 1)
    forged = {"Signature": "tally=:AAAA:", "Signature-Input": 'tally=("@status");keyid="hq"'}
    with impostor(200, encode(held.to_map()), forged) as address:
        _through(till, address)
        with pytest.raises(ForgedError):
            till.meet()
        till.hang_up()

    assert till.meeting is None


def test_S11_an_old_answer_does_not_fit_a_new_request(till: Till, address: str) -> None:
    """A thief on the line repeats what headquarters once said."""
    caught: list[httpx.Response] = []
    line = till.line()
    line._client.event_hooks["response"] = [caught.append]
    line.ask(WHERE)
    (old,) = caught
    headers = {name: value for name, value in old.headers.items() if name not in {"content-length", "date", "server"}}
    body = encode(Where((), 1, 1).to_map())
    with impostor(200, body, headers) as elsewhere:
        _through(till, elsewhere)
        with pytest.raises(ForgedError):
            till.line().ask(WHERE)
        till.hang_up()


def test_nobody_listening_is_no_answer(till: Till) -> None:
    _through(till, "http://127.0.0.1:9")

    with pytest.raises(UnreachableError, match=r"no answer from 'http://127\.0\.0\.1:9/sync/v1/where'"):
        till.line().ask(WHERE)


def test_a_refusal_leaves_the_number_unused(till: Till, hq: Path) -> None:
    """The number that headquarters refused to count is asked again, not skipped."""
    till.line().ask(WHERE)
    till.ledger.remember({NONCE: str(Nonce("e" * 32, 1, "r")).encode()})
    till.hang_up()
    for _ in range(3):
        with pytest.raises(RejectedError):
            till.line().ask(WHERE)

    assert _counter(till) == 1


def test_a_copy_of_a_till_is_refused_and_flagged(till: Till, tmp_path: Path, hq: Path, address: str) -> None:
    till.sell(10, card=1)
    till.meet()
    till.hang_up()
    till.ledger.checkpoint()
    shutil.copytree(till.folder, tmp_path / "copy" / till.folder.name)
    till.sell(20, card=1)
    till.meet()
    with Till(tmp_path / "copy", till.id.partition("/")[2], address, series=till.series) as copy:
        copy.sell(30, card=1)
        with pytest.raises(RejectedError, match="is not the next") as refusal:
            copy.meet()

    assert "copied or restored" in refusal.value.hint
    assert till_rows(hq)[till.id].flags == ("copied", "counter", "fork")
    with pytest.raises(RejectedError, match="two machines speak"):
        till.meet()


def test_an_answer_is_read_as_what_it_is(till: Till) -> None:
    told = till.line().ask(WHERE)

    assert read(told.body, Where.from_map).positions == ()
    assert len(told.key) == 32
