"""`tally enrol` and `tally sync` with and without an agent, against a real headquarters; and `tally-hq stick`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.config import load_config
from agent.daemon import Till
from hq.cli import app
from tests.cli.said import tally
from tests.hq.headquarters import code_for, found, serving, till_rows
from tests.till_files import TillFiles


def _name(files: TillFiles) -> tuple[str, str]:
    shop, _, name = load_config(files.config).till.id.partition("/")
    return shop, name


def _join(files: TillFiles, address: str, *, more: str = "") -> None:
    """Name a headquarters in a till's configuration."""
    files.config.write_text(files.config.read_text() + f'\n[sync]\nhq = "{address}"\npoll_s = 60.0\n{more}\n')


@contextmanager
def _enrolled(files: TillFiles, hq: tuple[Path, str], *, more: str = "") -> Iterator[None]:
    folder, address = hq
    _join(files, address, more=more)
    shop, name = _name(files)
    code = code_for(folder, name, shop=shop)
    filled = tally("enrol", code, "-c", files.config, "--json").json
    assert filled["hq"] == address
    yield


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A headquarters of the test's own."""
    folder = found(tmp_path / "hq")
    with serving(folder) as address:
        yield folder, address


def test_enrolling_takes_the_first_fill_and_says_its_size_and_time(shop: TillFiles, own: tuple[Path, str]) -> None:
    _join(shop, own[1])
    shop_id, name = _name(shop)

    said = tally("enrol", code_for(own[0], name, shop=shop_id), "-c", shop.config, "--json").json

    assert said["till"] == f"{shop_id}/{name}"
    assert said["entries"] == till_rows(own[0])[said["till"]].entries > 0
    assert said["taken"] > 0
    assert said["seconds"] >= 0


def test_enrolling_where_nobody_answers_asks_for_the_address(files: TillFiles) -> None:
    _join(files, "http://127.0.0.1:9")

    said = tally("enrol", "WRNG-CODE-0000-0000", "-c", files.config)

    assert said.refusal == "no answer from 'http://127.0.0.1:9/sync/v1/enrol': Connection refused"
    assert "  is http://127.0.0.1:9 headquarters' address, " in said.err


def test_without_an_agent_now_is_one_meeting(shop: TillFiles, own: tuple[Path, str]) -> None:
    with _enrolled(shop, own):
        said = tally("sync", "now", "-c", shop.config, "--json").json

    assert said["entries"] == 1  # that the clock was compared
    assert tally("sync", "status", "-c", shop.config, "--json").json["word"] == "no agent runs"


def test_with_an_agent_now_is_its_meeting_and_status_tells_all(files: TillFiles, own: tuple[Path, str]) -> None:
    with _enrolled(files, own), Till(load_config(files.config)):
        said = tally("sync", "now", "-c", files.config, "--json").json
        status = tally("sync", "status", "-c", files.config, "--json").json
        shown = tally("sync", "status", "-c", files.config).out

    assert (said["word"], said["waiting"], said["error"]) == ("good", 0, None)
    assert {"hq", "window", "slot", "word", "when", "contact_ms", "age_ms", "waiting", "held", "next_ms"} <= set(status)
    assert (status["stale"], status["waiting"]) == (False, 0)
    assert "0 min old" in shown


def test_a_meeting_that_fails_is_said_with_what_to_do(files: TillFiles, own: tuple[Path, str]) -> None:
    with _enrolled(files, own):
        files.config.write_text(files.config.read_text().replace(own[1], "http://127.0.0.1:9"))
        assert "no answer from" in tally("sync", "now", "-c", files.config).refusal
        with Till(load_config(files.config)):
            assert "no answer from" in tally("sync", "now", "-c", files.config).refusal


def test_a_till_that_stands_alone_has_nobody_to_meet(files: TillFiles) -> None:
    assert "has no [sync] section" in tally("sync", "now", "-c", files.config).refusal
    assert tally("sync", "status", "-c", files.config).out.split() == ["word", "alone"]


@pytest.mark.parametrize("is_running", [False, True])
def test_a_stick_goes_there_and_back(
    shop: TillFiles, own: tuple[Path, str], tmp_path: Path, *, is_running: bool
) -> None:
    there, back = tmp_path / "there.tally", tmp_path / "back.tally"
    with _enrolled(shop, own, more='when = "stick"'):
        exported = tally("sync", "export", there, "-c", shop.config, "--json").json
        assert (exported["bytes"], exported["left"]) == (there.stat().st_size, 0)
        done = CliRunner().invoke(app, ["stick", "take", str(there), "--out", str(back), "--dir", str(own[0])])
        assert done.exit_code == 0, done.output
        assert f"{exported['entries']} new entries" in done.output
        if is_running:
            with Till(load_config(shop.config)):
                said = tally("sync", "import", back, "-c", shop.config, "--json").json
        else:
            said = tally("sync", "import", back, "-c", shop.config, "--json").json

    assert said["waiting"] in {0, 1}  # an agent that starts may have an entry of its own


def test_a_file_that_is_no_stick_is_refused(files: TillFiles, own: tuple[Path, str], tmp_path: Path) -> None:
    junk = tmp_path / "junk"
    junk.write_bytes(b"{}")
    with _enrolled(files, own):
        assert "no stick" in tally("sync", "import", junk, "-c", files.config).refusal
        with Till(load_config(files.config)):
            assert "no stick" in tally("sync", "import", junk, "-c", files.config).refusal
            assert "cannot be read" in tally("sync", "import", tmp_path / "none", "-c", files.config).refusal
