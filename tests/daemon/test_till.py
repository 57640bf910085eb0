"""A whole till in this process: real ledger, devices' threads, spool and HTTP; only the hardware is simulated."""

import json
import logging
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.cli.output import open_ledger
from agent.config import load_config
from agent.daemon import Till
from agent.daemon import till as daemon_till
from agent.errors import ConfigError, LedgerInUseError, ProgrammeError, TallyError
from agent.journal.codes import Serial, typed_code, typed_sale_code
from agent.ledger.kept.codes import shop_keys
from agent.slips.reader import read_text
from agent.upkeep.replay.events import Event, EventStream
from agent.upkeep.running import Running, find_running, require_running
from drivers.simulated import Simulated
from tests.till_files import GENERAL_SHOP, TillFiles, card_number, counter_of, set_up, wait_until

BANK_CARD = "4111111111111111"  # published by Visa for tests
FOREIGN_CARD = "123456789012"
# Made up, in the magnetic stripe format of AAMVA's DL/ID Card Design Standard, annex F.
LICENCE = "%CAANYTOWN^PUBLIC$JOHN$Q^1 MAIN ST^?;636014012345678=151219850101?"
ANSWER_S = 5.0
STOP_S = 5.0


@contextmanager
def started(files: TillFiles) -> Iterator[Till]:
    """A till that has started and whose devices are up."""
    with Till(load_config(files.config)) as till:
        wait_until(lambda: all(str(report.status) == "enabled" for report in till.devices.reports()))
        yield till


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TillFiles]:
    """A till that runs; the tests of this module that only talk to it share it."""
    files = set_up(tmp_path_factory.mktemp("till"))
    with started(files):
        yield files


@contextmanager
def listening(files: TillFiles) -> Iterator[Callable[[str], dict[str, Any]]]:
    """What waits for the next event of a kind on the till's event stream."""
    running = require_running(files.data)
    headers = {"Authorization": f"Bearer {running.token}"}
    with httpx.Client(base_url=running.url, headers=headers, trust_env=False) as client:
        stream = EventStream(client)
        stream.connect(silence_s=ANSWER_S)
        try:
            yield lambda name: _next(stream, name)
        finally:
            stream.close()


def _next(stream: EventStream, name: str) -> dict[str, Any]:
    event: Event | None = None
    while event is None or event.name != name:
        event = stream.read(until=time.monotonic() + ANSWER_S)
        assert event is not None, f"no event {name!r} came"
    return event.data


def sell(running: Running, op: str, account: str | None = None) -> dict[str, Any]:
    lines = [{"article": "mug", "quantity": 1000, "amount": 12_00}]
    return running.ask("POST", "/v1/sales", {"op": op, "lines": lines, **({"account": account} if account else {})})


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.is_alive()}


# -- the way of a swipe and of a sale --------------------------------------------------------------------------------


def test_a_card_that_is_read_shows_its_member(files: TillFiles) -> None:
    with listening(files) as event:
        files.read_card(card_number(1))
        first = event("member")
        files.read_card(card_number(1))
        again = event("member")

    assert first["status"] == "provisional"
    assert first["account"] == again["account"]
    assert again["read"] == first["read"] + 1  # so that a screen can tell a second read from a repeated event


def test_a_bank_card_is_told_and_leaves_no_digit_anywhere(files: TillFiles, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    with listening(files) as event:
        files.read_card(BANK_CARD)
        notice = event("notice")

    assert notice == {"code": "bank_card", "text": "bank card - ask for the loyalty card"}
    kept = [path for path in files.folder.rglob("*") if path.is_file()]
    assert files.ledger in kept
    assert [path for path in kept if BANK_CARD[:12].encode() in path.read_bytes()] == []
    assert BANK_CARD[:6] not in caplog.text


def test_every_read_is_told_by_its_kind_and_nothing_more(files: TillFiles) -> None:
    told: list[dict[str, Any]] = []
    with listening(files) as event:
        for text in (card_number(1), BANK_CARD, FOREIGN_CARD, "]E0123"):
            files.read_card(text)
            told.append(event("read"))

    assert [read["kind"] for read in told] == ["own_card", "bank_card", "not_ours", "bad_read"]
    assert [read["text"] for read in told[:3]] == ["", "", "not a card of this programme"]
    assert all(set(read) == {"device", "kind", "text", "latency_us"} for read in told)
    assert all(0 <= read["latency_us"] < 60_000_000 for read in told)


def test_a_foreign_card_is_told(files: TillFiles) -> None:
    with listening(files) as event:
        files.read_card(FOREIGN_CARD)
        notice = event("notice")

    assert notice == {"code": "unknown_card", "text": "not a card of this programme"}


def test_the_code_of_a_voucher_that_is_scanned_is_told_to_who_sells(files: TillFiles) -> None:
    code = typed_code(Serial(1, None, 7), bytes(32))
    with listening(files) as event:
        files.read_card(code)
        read, voucher = event("read"), event("voucher")

    assert read["kind"] == "voucher_code"
    assert code not in str(read)
    assert voucher == {"code": code}


def test_a_device_that_fails_is_told_and_comes_back(files: TillFiles) -> None:
    with listening(files) as event:
        files.read_card("!raise torn")
        device = event("device")

    assert (device["name"], device["status"]) == ("reader", "offline")
    wait_until(lambda: str(_device(files, "reader")["status"]) == "enabled")  # it comes back by itself


def _device(files: TillFiles, name: str) -> dict[str, Any]:
    devices = require_running(files.data).ask("GET", "/v1/status")["devices"]
    return next(dict(device) for device in devices if device["name"] == name)


def test_a_sale_over_the_api_prints_its_slip(files: TillFiles) -> None:
    before = len(files.slips)
    with listening(files) as event:
        files.read_card(card_number(2))
        account = event("member")["account"]
        sold = sell(require_running(files.data), "S-1", account)
        told = event("sale")

    wait_until(lambda: len(files.slips) > before)
    slip = read_text(files.slips[-1].read_bytes())
    assert told["op"] == "S-1"
    assert sold["total"] == 12_00
    assert "£12.00" in "".join(slip)
    assert any(line.startswith("Receipt S-1") for line in slip)
    assert slip[-1] == "[cut]"


def test_an_identity_card_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    files.change('category = "Scanner"', 'category = "MSR"')
    with started(files), listening(files) as event:
        files.read_card(LICENCE)
        notice = event("notice")

    assert notice == {"code": "identity_card", "text": "identity card - ask for the loyalty card"}
    assert [path for path in files.folder.rglob("*") if path.is_file() and b"PUBLIC" in path.read_bytes()] == []


def test_the_drawer_that_till_toml_names_opens(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    files.change('printer = "slips"', 'printer = "slips"\ndrawer = "slips"')
    with started(files) as till:
        answer = require_running(files.data).ask("POST", "/v1/drawer", {})
        printer = till.devices._workers["slips"].device()

    assert answer["device"] == "slips"
    assert isinstance(printer, Simulated)
    assert printer.drawer_openings == 1


def test_the_customer_s_display_shows_the_member_and_thanks_for_the_sale(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    files.change('printer = "slips"', 'printer = "slips"\ndisplay = "pole"')
    with files.config.open("a") as config:
        config.write('\n[[device]]\nname = "pole"\ndriver = "simulated"\ncategory = "LineDisplay"\n')
    with started(files) as till, listening(files) as event:
        pole = till.devices._workers["pole"].device()
        assert isinstance(pole, Simulated)
        wait_until(lambda: pole.shown == ("Corner Shop",))
        files.read_card(card_number(1))
        account = event("member")["account"]
        wait_until(lambda: pole.shown == ("Corner Shop", "0 points"))  # nobody has told the card's name yet
        sold = sell(require_running(files.data), "S-1", account)

        wait_until(lambda: pole.shown == ("Thank you", f"{sold['balances']['points']} points"))


def test_a_price_label_is_sold_as_the_goods_it_names_by_the_rules_that_till_toml_names(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    (tmp_path / "articles.csv").write_text("sku,eans,category\ncheese,2212340000000,dairy\n")
    files.change('printer = "slips"', 'printer = "slips"\narticles = "articles.csv"')
    with files.config.open("a") as config:
        config.write('\n[labels]\ncountry = "DE"\n')
    with started(files) as till:
        lines = [{"article": "2212348004994", "quantity": 1000, "amount": 4_99}]
        require_running(files.data).ask("POST", "/v1/sales", {"op": "S-1", "lines": lines})
        sold = till.ledger.find("S-1")

    assert sold is not None
    assert [(line["article"], line["category"]) for line in sold.entry.body["lines"]] == [("2212340000000", "dairy")]


def test_a_sale_told_twice_prints_one_slip(files: TillFiles) -> None:
    running, before = require_running(files.data), len(files.slips)

    first, second, other = (sell(running, op) for op in ("S-2", "S-2", "S-3"))
    wait_until(lambda: len(files.slips) >= before + 2)
    wait_until(lambda: running.ask("GET", "/v1/status")["slips"]["word"] == "idle")

    assert (first["repeated"], second["repeated"], other["repeated"]) == (False, True, False)
    assert len(files.slips) == before + 2


def test_the_wal_is_put_away_in_a_pause(files: TillFiles) -> None:
    sell(require_running(files.data), "put-away")

    wait_until(lambda: b"put-away" in files.ledger.read_bytes())


# -- start and stop --------------------------------------------------------------------------------------------------


def test_the_way_in_is_for_its_owner_only(files: TillFiles) -> None:
    said = json.loads(files.running.read_bytes())

    assert stat.S_IMODE(files.running.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.data.stat().st_mode) == 0o700
    assert said["pid"] == os.getpid()
    assert Running(**said).ask("GET", "/v1/status")["journal"]["till"] == "corner/1"


def test_stopping_is_quick_and_leaves_nothing_behind(tmp_path: Path) -> None:
    files, before = set_up(tmp_path), threads()
    with started(files) as till, listening(files):
        port = till.web.port
        at = time.monotonic()
        till.stop()
        took = time.monotonic() - at

    assert took < STOP_S
    assert not files.running.exists()
    wait_until(lambda: threads() <= before)
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port)) != 0
    open_ledger(load_config(files.config), read_only=False).close()  # the lock is free again


def test_a_till_starts_again_where_it_was_with_the_programme_that_is_in_the_file_by_then(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_bytes(GENERAL_SHOP.read_bytes())
    files = set_up(tmp_path, programme=mine)
    with started(files):
        sold = sell(require_running(files.data), "S-1")
        before = require_running(files.data).ask("GET", "/v1/status")
    mine.write_text(mine.read_text().replace("Corner Shop Club", "New Club"))
    with started(files):
        after = require_running(files.data).ask("GET", "/v1/status")
        again = sell(require_running(files.data), "S-1")

    assert after["journal"] == before["journal"]
    assert after["programme"]["name"] == "New Club"
    assert again == {**sold, "repeated": True}  # what was judged stays judged


def test_without_a_programme_a_till_runs_and_says_what_lacks(tmp_path: Path) -> None:
    files = set_up(tmp_path, programme=None)
    with started(files):
        running = require_running(files.data)
        assert running.ask("GET", "/v1/status")["programme"] is None
        with pytest.raises(TallyError, match="this till has no programme yet"):
            sell(running, "S-1")


# -- what cannot start -----------------------------------------------------------------------------------------------


def fails_to_start(files: TillFiles, kind: type[TallyError], said: str) -> None:
    """Starting must say why it cannot, and stop what was started before."""
    before = threads()
    with pytest.raises(kind, match=said) as caught, Till(load_config(files.config)):
        pass

    assert caught.value.hint
    assert not files.running.exists()
    wait_until(lambda: threads() <= before)
    if kind is not LedgerInUseError:
        open_ledger(load_config(files.config), read_only=False).close()  # the lock is free again


def test_a_port_that_is_taken_stops_the_start(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        files.change("port = 0", f"port = {port}")

        fails_to_start(files, ConfigError, f"cannot listen on port {port} of 127.0.0.1")


def test_a_programme_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(GENERAL_SHOP.read_text() + '\n[[earn]]\nid = "points"\n')
    files = set_up(tmp_path, programme=bad)

    fails_to_start(files, ProgrammeError, "earn")


def test_a_programme_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    fails_to_start(set_up(tmp_path, programme=tmp_path / "no.toml"), ConfigError, "'programme' .* cannot be read")


def test_a_logo_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    files.change('shop = "Corner Shop"', 'shop = "Corner Shop"\nlogo = "no.png"')

    fails_to_start(files, ConfigError, "no.png")


def test_a_ledger_in_use_stops_the_start_and_stays_with_its_holder(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    with counter_of(files) as counter:
        fails_to_start(files, LedgerInUseError, "is held by another agent")
        assert counter.programme is not None


def test_a_second_agent_leaves_the_first_ones_way_in_alone(files: TillFiles) -> None:
    with pytest.raises(LedgerInUseError), Till(load_config(files.config)):
        pass

    assert require_running(files.data).ask("GET", "/v1/status")["journal"]["till"] == "corner/1"


def test_a_device_that_cannot_be_set_up_stops_nothing(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    files.change("output =", "outptu =")
    with Till(load_config(files.config)):
        wait_until(lambda: _device(files, "slips")["status"] == "stopped_by_config_error")

        assert "did you mean 'output'" in _device(files, "slips")["text"]
        assert not sell(require_running(files.data), "S-1")["repeated"]


# -- as a process ----------------------------------------------------------------------------------------------------


def test_an_agent_that_is_told_to_end_ends_well(tmp_path: Path) -> None:
    files = set_up(tmp_path)
    command = [str(Path(sys.executable).parent / "tally"), "run", "--config", str(files.config)]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as agent:
        try:
            wait_until(lambda: find_running(files.data), seconds=20)
            sell(require_running(files.data), "S-1")
            agent.send_signal(signal.SIGTERM)
            status = agent.wait(20)
        finally:
            agent.kill()

    said = (tmp_path / "log").read_text()
    assert status == 0
    assert not files.running.exists()
    assert "till=corner/1" in said
    assert "Traceback" not in said


def test_a_programme_file_that_was_spoilt_leaves_the_last_good_one_in_force(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy = tmp_path / "shop.toml"
    copy.write_bytes(GENERAL_SHOP.read_bytes())
    files = set_up(tmp_path / "till", programme=copy, devices=False)
    with Till(load_config(files.config)) as till:
        good = till.counter.require_programme().version
    copy.write_text(copy.read_text().replace("give = 1", "gives = 1"))

    with Till(load_config(files.config)) as till:
        assert till.counter.require_programme().version == good
    assert (
        "is refused, the last good one stays in force: line 21: [[earn]] number 1: key 'give' is missing" in caplog.text
    )


def outdate_programme(files: TillFiles) -> None:
    """Leave a programme in force that only an older version of this software could read."""
    with counter_of(files):
        pass
    with closing(sqlite3.connect(files.ledger)) as conn, conn:
        conn.execute("UPDATE programme SET version = 'old', data = CAST('of_old = true' || x'0a' || data AS BLOB)")
        conn.execute("UPDATE state SET value = CAST('old' AS BLOB) WHERE key = 'programme'")


def test_a_till_whose_last_programme_cannot_be_read_any_more_starts_with_the_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = set_up(tmp_path, devices=False)
    outdate_programme(files)
    with Till(load_config(files.config)) as till:
        assert till.counter.require_programme().name == "Corner Shop Club"
        assert sell(require_running(files.data), "op-1")["due"] == 12_00
    assert "the programme that was in force cannot be read by this version: line 1: the programme: " in caplog.text


def test_without_a_file_such_a_till_starts_and_says_that_it_has_no_programme(tmp_path: Path) -> None:
    files = set_up(tmp_path, devices=False)
    outdate_programme(files)
    files.change(f'programme = "{GENERAL_SHOP}"', "")
    with Till(load_config(files.config)), pytest.raises(TallyError, match="this till has no programme yet"):
        sell(require_running(files.data), "op-1")


def test_a_till_with_a_headquarters_asks_it_for_sales_that_other_tills_have(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """It is not enrolled there yet: the goods come back provisionally, and nobody waits."""
    files = set_up(tmp_path_factory.mktemp("asking"))
    files.change("[slips]", '[sync]\nhq = "http://127.0.0.1:9"\n\n[slips]')
    with started(files) as till:
        code = typed_sale_code("another till's", 5, shop_keys(till.ledger)[0])
        line = {"article": "mug", "quantity": 1, "amount": 500}

        answer = require_running(files.data).ask("POST", "/v1/refunds", {"op": "B-1", "slip": code, "lines": [line]})

        assert till.counter._elsewhere is till._sync is not None
    assert (answer["money"], answer["provisional"]) == (500, True)


def test_a_till_whose_disk_takes_no_file_starts_and_is_found_once_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_till, "_SAY_AGAIN_S", 0.02)
    files = set_up(tmp_path)
    in_the_way = files.data / "agent.json.new"
    in_the_way.mkdir(parents=True)

    with started(files):
        assert find_running(files.data) is None
        in_the_way.rmdir()
        wait_until(lambda: find_running(files.data) is not None)
        assert sell(require_running(files.data), "op-1")["due"] == 12_00
    assert find_running(files.data) is None
