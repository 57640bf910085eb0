import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from agent.cli.output import open_ledger
from agent.config import load_config
from agent.counter import SaleAsk
from agent.daemon import Till
from agent.devices.categories import HealthLevel
from agent.errors import LedgerError
from agent.ledger.disk.aside import ASIDE_FILE, Aside
from agent.loyalty.sale import Line
from agent.upkeep import doctor
from agent.upkeep.doctor import examine
from agent.upkeep.finding import Finding
from agent.upkeep.running import Running, write_running
from agent.web.tokens import Scope
from tests.ledger.disk.full import full_disk
from tests.ledger.tills import tamper
from tests.till_files import TillFiles, counter_of, set_up, wait_until
from tests.web.till import serve


def look_over(files: TillFiles) -> dict[str, Finding]:
    """What the doctor finds, by the name of the check; whatever is wrong, every finding has a next action."""
    config = load_config(files.config)
    findings = examine(files.data, files.ledger, lambda: open_ledger(config, read_only=True))

    assert all(finding.hint for finding in findings if not finding.ok)
    assert all(finding.text for finding in findings)
    return {finding.check: finding for finding in findings}


def bad(files: TillFiles) -> list[str]:
    return [name for name, finding in look_over(files).items() if not finding.ok]


@pytest.fixture
def files(tmp_path: Path) -> TillFiles:
    """A till that has a ledger and no agent."""
    files = set_up(tmp_path)
    with counter_of(files):
        pass
    return files


@contextmanager
def running(files: TillFiles) -> Iterator[Till]:
    with Till(load_config(files.config)) as till:
        wait_until(lambda: all(str(report.status) == "enabled" for report in till.devices.reports()))
        yield till


def test_articles_that_the_till_sells_and_does_not_know_are_a_finding(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    files.change('shop = "corner"', 'shop = "corner"\narticles = "articles.csv"')
    (tmp_path / "articles.csv").write_text("sku,category\ntea,drinks\n")
    with running(files) as till:
        well = look_over(files)["articles"]
        till.counter.sell(SaleAsk("S", (Line("soap", 1000, 300), Line("tea", 1000, 200))), by="checkout")
        ill = look_over(files)["articles"]

    assert well.ok
    assert not ill.ok
    assert "1 lines sold that it does not know: soap" in ill.text
    assert "articles.csv" in ill.hint


def test_what_was_sold_without_loyalty_and_is_not_entered_is_a_finding(files: TillFiles) -> None:
    aside = Aside(files.data / ASIDE_FILE, key=bytes(32))
    aside.put("S-1", {})
    waiting = look_over(files)["aside"]
    aside.settle({"S-1": "op_conflict"})
    refused = look_over(files)["aside"]
    aside.settle({"S-1": None})

    assert waiting.text == "1 sold without loyalty and not entered yet: S-1"
    assert refused.text == "sale 'S-1' is refused (op_conflict)"
    assert not waiting.ok
    assert not refused.ok
    assert "aside" not in look_over(files)


def test_a_till_that_sells_without_loyalty_says_why(files: TillFiles) -> None:
    with running(files) as till:
        with full_disk():
            wait_until(lambda: till.board.read()["ledger"]["word"] != "well")  # type: ignore[index]
            ill = look_over(files)
        wait_until(lambda: till.board.read()["ledger"]["word"] == "well")  # type: ignore[index]
        well = look_over(files)

    assert ill["selling"].text == "selling without loyalty: the disk of ledger 'ledger.db' is full"
    assert not ill["selling"].ok
    assert "selling" not in well


def test_a_running_till_is_well_until_a_device_is_not(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    with running(files) as till:
        well = look_over(files)
        files.read_card("!unplug 60")
        wait_until(lambda: any(str(report.status) == "offline" for report in till.devices.reports()))
        ill = look_over(files)

    assert list(well) == [
        *("disk", "place", "files", "sqlite", "writer", "ledger", "programme", "agent", "clock"),
        *("device slips", "device reader", "slips", "sync"),
    ]
    assert well["slips"].text == "idle, 0 wait, 0 of 0 could not be made"
    assert all(finding.ok for finding in well.values())
    assert "1 entries" in well["ledger"].text
    assert well["programme"].text.startswith("Corner Shop Club (")
    assert well["agent"].text == f"process {os.getpid()} answers on port {till.web.port}"
    assert well["sync"].text == "word alone"
    assert [name for name, finding in ill.items() if not finding.ok] == ["device reader"]
    assert ill["device reader"].text == "simulated: offline the simulated device was unplugged"
    assert "cable" in ill["device reader"].hint


def tell_printer(till: Till, folder: Path, command: str) -> None:
    """Do something to the simulated printer, and have the till look at it now."""
    (folder / "printer").write_text(command + "\n")
    before = till.devices.reports()[0].text
    till.devices.check_health("slips", HealthLevel.INTERNAL)
    wait_until(lambda: till.devices.reports()[0].text != before)


def test_a_printer_without_paper_and_the_slips_that_wait_for_it_are_found(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    files.change('category = "POSPrinter"', f'category = "POSPrinter"\nfeed = "{tmp_path}/printer"')
    with running(files) as till:
        tell_printer(till, tmp_path, "!paper out")
        till.counter.sell(SaleAsk("S-1", (Line("mug", 1000, 12_00),)), by="test")
        wait_until(lambda: till._spool is not None and till._spool.status().word == "waiting")
        found = look_over(files)
        tell_printer(till, tmp_path, "!paper near_end")
        wait_until(lambda: till._spool is not None and till._spool.status().word == "idle")
        after = look_over(files)

    assert (found["device slips"].text, found["device slips"].hint) == (
        "simulated: enabled out of paper",
        "put in a new roll",
    )
    assert found["slips"].text == "waiting out of paper, 1 wait, 0 of 1 could not be made"
    assert after["device slips"].text == "simulated: enabled paper near end"
    assert after["slips"].text == "idle, 0 wait, 0 of 1 could not be made"


def test_a_till_without_a_printer_has_no_finding_about_slips(tmp_path: Path) -> None:
    files = set_up(tmp_path, devices=False)
    with running(files):
        assert "slips" not in look_over(files)


def test_a_head_that_needs_cleaning_is_found(files: TillFiles, tmp_path: Path) -> None:
    files.change('category = "Scanner"', 'category = "MSR"')
    with running(files):
        for number in range(5):
            files.read_card(f"%E?;98260000{number:03}?")
        wait_until(lambda: "device reader" in bad(files))
        found = look_over(files)["device reader"]

    assert found.text.startswith("simulated: enabled clean the head: 5 of the last 5 swipes")
    assert found.hint == "draw a cleaning card through the reader"


def test_a_till_that_was_never_enrolled_has_a_sync_that_fails_and_says_how_to(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    files.change("[web]", '[sync]\nhq = "https://hq.example"\n\n[web]')
    with running(files):
        wait_until(lambda: "sync" in bad(files))
        sync = look_over(files)["sync"]

    assert "till 'corner/1' is not enrolled" in sync.text
    assert "tally enrol CODE" in sync.hint


def test_no_agent_is_found_and_how_to_start_one(files: TillFiles) -> None:
    found = look_over(files)

    assert [name for name, finding in found.items() if not finding.ok] == ["agent"]
    assert (found["agent"].text, found["agent"].hint) == ("is not running", "start it: `tally run`")


def test_an_agent_that_was_killed_is_not_running(files: TillFiles) -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    write_running(files.data, Running(process.pid, 8765, "secret"))

    assert look_over(files)["agent"].text == "is not running"


def test_an_agent_that_does_not_answer_is_found(files: TillFiles) -> None:
    write_running(files.data, Running(os.getpid(), 1, "secret"))

    found = look_over(files)

    assert not found["agent"].ok
    assert "does not answer on port 1" in found["agent"].text


def test_a_state_that_the_agent_cannot_read_is_a_finding_and_hides_no_other(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    with counter_of(files):
        pass

    def damaged() -> object:
        raise LedgerError("the ledger is closed")

    with serve(tmp_path / "served") as till:
        write_running(files.data, Running(os.getpid(), till.server.port, till.secrets[Scope.SUPERVISOR]))
        sections = ["ledger", "clock", "articles", "devices", "slips", "sync"]
        for section in sections:
            till.board.show(section, damaged)
        found = look_over(files)

    assert {name for name, finding in found.items() if not finding.ok} == set(sections)
    assert found["sync"] == replace(found["devices"], check="sync")
    assert found["sync"].text == "the ledger is closed"
    assert found["sync"].hint == LedgerError.hint


def test_a_disk_that_is_nearly_full_is_found(files: TillFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "DISK_FREE_MIN", 2**60)

    disk = look_over(files)["disk"]

    assert not disk.ok
    assert disk.text.endswith(" MB free")
    assert disk.hint == f"make room: {2**40} MB at least"


def test_a_till_that_has_never_run_is_told_what_lacks(tmp_path: Path) -> None:
    files = set_up(tmp_path)

    assert bad(files) == ["ledger", "agent"]
    assert not files.data.exists()


def test_a_till_without_a_programme_is_found(tmp_path: Path) -> None:
    files = set_up(tmp_path, programme=None)
    with counter_of(files):
        pass

    programme = look_over(files)["programme"]

    assert (programme.ok, programme.text) == (False, "none yet")


def test_a_changed_entry_is_found(files: TillFiles) -> None:
    tamper(files.ledger, "UPDATE entry SET hash = x'00'")

    found = look_over(files)

    assert [name for name, finding in found.items() if not finding.ok] == ["ledger", "agent"]
    assert "entry 1" in found["ledger"].text


def test_a_torn_ledger_is_found(files: TillFiles) -> None:
    os.truncate(files.ledger, 5000)

    assert "ledger" in bad(files)


def test_a_kept_programme_that_is_damaged_is_found(files: TillFiles) -> None:
    tamper(files.ledger, "UPDATE programme SET data = x'00'")

    assert [name for name in bad(files) if name != "agent"] == ["ledger"]
