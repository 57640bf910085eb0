from pathlib import Path

import pytest

from tests.cli.said import tally
from tests.till_files import TillFiles


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def test_a_ledger_is_backed_up_and_put_back(shop: TillFiles, stick: Path) -> None:
    (verified,) = tally("ledger", "verify", "-c", shop.config, "--json").json
    found = tally("member", "find", "--name", "Ana", "-c", shop.config, "--json").json

    saved = tally("ledger", "backup", stick / "b", "-c", shop.config, "--json").json
    for path in shop.data.glob("ledger.db*"):
        path.unlink()
    restored = tally("ledger", "restore", stick / "b", "-c", shop.config, "--json").json

    assert {key: saved[key] for key in ("entries", "head", "epoch")} == {
        key: verified[key] for key in ("entries", "head", "epoch")
    }
    assert saved["bytes"] == (stick / "b").stat().st_size
    assert (restored["entries"], restored["aside"]) == (saved["entries"], None)
    assert tally("member", "find", "--name", "Ana", "-c", shop.config, "--json").json == found


def test_a_backup_is_made_beside_a_running_agent(running: TillFiles, stick: Path) -> None:
    saved = tally("ledger", "backup", stick / "b", "-c", running.config, "--json").json

    assert saved["entries"] >= 1
    assert "is held by another agent" in tally("ledger", "restore", stick / "b", "-c", running.config).refusal


def test_keys_are_backed_up_by_themselves_and_the_doctor_knows_of_them(shop: TillFiles, stick: Path) -> None:
    saved = tally("ledger", "backup-keys", stick / "keys", "-c", shop.config, "--json").json

    assert saved["keys"] >= 2
    assert f"ok  keys copy: {stick / 'keys'} is 0 days old" in tally("doctor", "-c", shop.config).out


def test_one_kind_of_keys_is_brought_at_a_time(shop: TillFiles, stick: Path) -> None:
    said = tally("ledger", "restore", stick / "b", "--keys", stick / "keys", "--new-keys", "-c", shop.config)

    assert (said.status, said.out) == (2, "")
    assert "give one of --keys and --new-keys" in said.err


def test_what_is_ahead_is_not_replaced_unless_it_is_said(shop: TillFiles, stick: Path) -> None:
    tally("ledger", "backup", stick / "b", "-c", shop.config)
    assert tally("ledger", "restore", stick / "b", "-c", shop.config, "--json").json["aside"] is not None

    said = tally("ledger", "restore", stick / "b", "-c", shop.config)

    assert "holds entries that the backup does not" in said.refusal
    assert "--replace" in said.err
    assert tally("ledger", "restore", stick / "b", "--replace", "-c", shop.config).status == 0
