import hashlib
import os

import orjson
import pytest

from tests.cli.said import tally
from tests.ledger.tills import tamper
from tests.till_files import TillFiles, counter_of


def test_a_sound_ledger_is_verified_to_its_head(shop: TillFiles) -> None:
    (epoch,) = tally("ledger", "verify", "-c", shop.config, "--json").json
    said = tally("ledger", "verify", "-c", shop.config)

    with counter_of(shop) as counter:
        identity = counter._ledger.identity
    assert epoch == {"epoch": identity.epoch, "entries": identity.seq, "head": identity.head.hex()}
    assert identity.head.hex() in said.out


def test_an_export_is_a_line_of_json_for_every_entry(shop: TillFiles) -> None:
    (epoch,) = tally("ledger", "verify", "-c", shop.config, "--json").json
    lines = [orjson.loads(line) for line in tally("ledger", "export", "-c", shop.config).out.splitlines()]

    assert [line["entry"]["seq"] for line in lines] == list(range(1, epoch["entries"] + 1))
    assert lines[-1]["hash"] == epoch["head"]


def test_an_export_can_be_verified_without_us(shop: TillFiles) -> None:
    head = bytes(32)
    for line in tally("ledger", "export", "-c", shop.config).out.splitlines():
        entry = line[line.index('"entry":') + len('"entry":') : -1].encode()
        head = hashlib.sha256(head + entry).digest()
        assert orjson.loads(line)["hash"] == head.hex()


def test_a_rebuild_folds_every_entry_and_leaves_every_balance_as_it_was(shop: TillFiles) -> None:
    found = tally("member", "find", "--name", "Ana", "-c", shop.config, "--json").json
    entries = len(tally("ledger", "export", "-c", shop.config).out.splitlines())

    rebuilt = tally("ledger", "rebuild", "-c", shop.config, "--json").json

    assert rebuilt == {"entries_folded": entries}
    assert tally("member", "find", "--name", "Ana", "-c", shop.config, "--json").json == found


def test_a_rebuild_is_refused_while_the_agent_runs(running: TillFiles) -> None:
    said = tally("ledger", "rebuild", "-c", running.config)

    assert "is held by another agent" in said.refusal
    assert "tally status" in said.err


def test_verifying_beside_a_running_agent_disturbs_nobody(running: TillFiles) -> None:
    (epoch,) = tally("ledger", "verify", "-c", running.config, "--json").json

    assert epoch["entries"] >= 1


@pytest.mark.parametrize("command", ["verify", "export", "rebuild"])
def test_a_changed_entry_is_named(shop: TillFiles, command: str) -> None:
    tamper(shop.ledger, "UPDATE entry SET bytes = CAST(replace(bytes, '2000', '1000') AS BLOB) WHERE op = 'S-1'")

    said = tally("ledger", command, "-c", shop.config)

    assert "ledger 'ledger.db'" in said.refusal
    assert "entry 3" in said.refusal
    assert "headquarters hold the rest" in said.err


def test_what_only_a_whole_look_finds_is_found_by_verify(shop: TillFiles) -> None:
    tamper(shop.ledger, "UPDATE entry SET op = 'S-9' WHERE op = 'S-1'")

    said = tally("ledger", "verify", "-c", shop.config)

    assert said.refusal == "entry number 3 stands under another op: 'S-9'"
    assert "call your IT" in said.err


@pytest.mark.parametrize("command", ["verify", "export", "rebuild"])
def test_a_torn_file_is_refused(shop: TillFiles, command: str) -> None:
    os.truncate(shop.ledger, shop.ledger.stat().st_size // 2)

    assert "ledger 'ledger.db'" in tally("ledger", command, "-c", shop.config).refusal


WRITING = ["ledger rebuild", "closure x", "member enrol --op E-1 --name Ana", "member erase a --op X-1 --yes"]


@pytest.mark.parametrize("command", ["ledger verify", "ledger export", "sale list", "programme show", *WRITING])
def test_without_a_ledger_the_next_step_is_told(files: TillFiles, command: str) -> None:
    said = tally(*command.split(), "-c", files.config)

    assert "there is no ledger" in said.refusal
    assert "`tally run`" in said.err
    assert not files.ledger.exists()  # a command in the wrong folder begins no till
