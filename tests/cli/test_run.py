from pathlib import Path

import pytest

from tests.cli.said import tally
from tests.ledger.tills import tamper
from tests.till_files import TillFiles


@pytest.mark.parametrize("command", ["status", "replay x.csv"])
def test_without_an_agent_the_next_step_is_told(files: TillFiles, command: str) -> None:
    said = tally(*command.split(), "-c", files.config)

    assert said.refusal == f"no agent is running on the ledger in '{files.data}'"
    assert "`tally run`" in said.err


def test_the_running_agents_state_is_told(running: TillFiles) -> None:
    status = tally("status", "-c", running.config, "--json").json

    assert set(status) == {
        *("journal", "ledger", "clock", "articles", "erasures", "devices", "slips", "sync", "programme", "training"),
    }
    assert status["journal"]["till"] == "corner/1"
    assert status["programme"]["name"] == "Corner Shop Club"
    assert "corner/1" in tally("status", "-c", running.config).out


def test_a_till_that_stands_alone_has_no_sync_to_tell(running: TillFiles) -> None:
    assert tally("sync", "status", "-c", running.config, "--json").json == {"word": "alone"}


def test_the_doctor_finds_a_running_till_well(running: TillFiles) -> None:
    said = tally("doctor", "-c", running.config)

    assert (said.status, said.err) == (0, "")
    assert [line[:4] for line in said.out.splitlines()] == ["ok  "] * len(said.out.splitlines())
    assert all(finding["ok"] for finding in tally("doctor", "-c", running.config, "--json").json)


def test_the_doctor_says_what_to_do_about_what_is_wrong(shop: TillFiles) -> None:
    tamper(shop.ledger, "UPDATE entry SET hash = x'00' WHERE op = 'S-1'")

    said = tally("doctor", "-c", shop.config)

    assert said.status == 1
    bad = [number for number, line in enumerate(said.out.splitlines()) if line.startswith("BAD ")]
    assert [said.out.splitlines()[number].split()[1] for number in bad] == ["ledger:", "agent:"]
    assert all(said.out.splitlines()[number + 1].startswith("      ") for number in bad)
    assert '"ok": false' in tally("doctor", "-c", shop.config, "--json").out


def test_enrolling_a_till_that_stands_alone_is_refused(files: TillFiles) -> None:
    said = tally("enrol", "7K2M-9QXD-4RTW", "-c", files.config)

    assert said.refusal == f"{files.config} has no [sync] section"
    assert "address of headquarters" in said.err


def test_a_folder_that_cannot_be_made_is_told_in_a_line(files: TillFiles) -> None:
    (files.folder / "till").write_text("a file")

    said = tally("run", "-c", files.config)

    assert "File exists" in said.refusal
    assert "till.folder in till.toml" in said.err


def test_baskets_are_replayed_through_the_running_agent(running: TillFiles, tmp_path: Path) -> None:
    baskets = tmp_path / "baskets.csv"
    baskets.write_text(
        "invoice_no,stock_code,quantity,invoice_ts,unit_price,customer_id\n"
        "536365,85123A,6,2010-12-01 08:26:00,2.55,17850\n"
        "536366,22633,1,2010-12-01 08:28:00,1.85,\n"
    )
    feed = running.folder / "cards"

    played = tally("replay", baskets, "--feed", feed, "-c", running.config, "--json").json

    assert (played["sales"], played["refunds"]) == (2, 0)
    sales = tally("sale", "list", "--last", 2, "-c", running.config, "--json").json
    assert [sale["op"] for sale in sales] == ["536366", "536365"]
    assert sales[1]["account"] is not None


def test_a_basket_file_that_is_not_there_is_refused(running: TillFiles, tmp_path: Path) -> None:
    assert "none.csv" in tally("replay", tmp_path / "none.csv", "-c", running.config).refusal
