"""Payment cards before every reader of a whole till that logs all it can: no digit of theirs is in any byte of it."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

import httpx
import pytest

from agent.config import load_config
from agent.daemon import Till
from agent.upkeep.audit.search import Search
from agent.upkeep.running import require_running
from agent.web.tokens import Scope, Tokens
from tests.drivers.keyboard import play_grabs
from tests.drivers.vpcd import ATR_PROCESSOR, GET_UID, SELECT_PPSE, PcscService, VirtualCard, why_not
from tests.e2e.readers import Readers
from tests.e2e.shown_cards import PUBLISHED, grouped
from tests.till_files import TillFiles, set_up, wait_until

SWIPES, TAPS = 10_000, 12
PATIENCE_S = 20.0
PIECE = 12  # so many neighbouring digits of a card are too many


class Listener:
    """Listens to the till's events until it stops, keeps every line of them in a file, and counts them."""

    def __init__(self, files: TillFiles, name: str, token: str) -> None:
        self._url = f"{require_running(files.data).url}/v1/events"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._kept = files.folder / f"events-{name}"
        self._changed = threading.Condition()
        self._lines: dict[str, int] = {}
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Self:
        self._thread.start()
        with self._changed:
            assert self._changed.wait_for(lambda: self._lines, PATIENCE_S), "the till tells no events"
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    @property
    def members(self) -> int:
        return self._lines.get("event: member", 0)

    @property
    def reads(self) -> int:
        return self.members + self._lines.get("event: notice", 0)

    def wait(self, reads: int) -> bool:
        """Wait until so many reads were told of, as a member or as a notice."""
        with self._changed:
            return self._changed.wait_for(lambda: self.reads >= reads, PATIENCE_S)

    def _listen(self) -> None:
        with (
            self._kept.open("w") as kept,
            httpx.Client(trust_env=False, headers=self._headers, timeout=PATIENCE_S) as client,
            client.stream("GET", self._url) as answer,
        ):
            for line in answer.iter_lines():
                kept.write(f"{line}\n")
                with self._changed:
                    self._lines[line] = self._lines.get(line, 0) + line.startswith(("event:", ": hello"))
                    self._changed.notify_all()


@contextmanager
def logged(path: Path) -> Iterator[None]:
    """Have everything logged into a file, down to the libraries' own words; what this test's client asks left out."""
    handler, root = logging.FileHandler(path), logging.getLogger()
    handler.addFilter(lambda record: record.thread != test or not record.name.startswith("http"))
    before, test = root.level, threading.get_ident()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
        handler.close()


@contextmanager
def running(files: TillFiles) -> Iterator[Till]:
    """The whole till, once its readers are up."""
    with logged(files.folder / "log"), Till(load_config(files.config)) as till:
        wait_until(lambda: {str(report.status) for report in till.devices.reports()} == {"enabled"}, seconds=PATIENCE_S)
        yield till


def show_cards(readers: Readers, heard: Listener, swipes: int) -> tuple[int, int]:
    """Show the readers cards, one each at a time; return how many were shown, and how many of them were our own."""
    shown = own = 0
    while shown < swipes:
        before = []
        for reader in readers.all:
            card = next(reader.cards)
            reader.show(card.text)
            before.append((reader.name, card))
        shown += len(before)
        own += sum(card.is_own for _, card in before)
        assert heard.wait(shown), f"{heard.reads} of {shown} reads were told of; shown last: {before}"
    return shown, own


def type_cards(files: TillFiles) -> None:
    """Type every number into what the local API takes."""
    url, token = require_running(files.data).url, require_running(files.data).token
    line = {"quantity": 1, "amount": 100}
    with httpx.Client(base_url=f"{url}/v1", trust_env=False, headers={"Authorization": f"Bearer {token}"}) as api:
        for number in PUBLISHED:
            for written in (number, grouped(number, " ")):
                for path, body in (
                    ("/identify", {"card": written}),
                    ("/members", {"op": f"E-{number[:4]}", "name": f"Ana {written}"}),
                    ("/sales", {"op": written, "lines": [{**line, "article": "mug"}]}),
                    ("/sales", {"op": "S-1", "lines": [{**line, "article": written}]}),
                    ("/sales", {"op": "S-2", "lines": [{**line, "article": "mug"}], written: 1}),
                    ("/preview", {"lines": [{**line, "article": "mug", "quantity": written}]}),
                ):
                    assert api.post(path, json=body).status_code == 422
                assert api.get(f"/members/{written}").is_client_error


def tap_cards(service: PcscService, heard: Listener) -> int:
    """Hold chips before the chip reader; the payment cards say their number to everything. Return how many are own."""
    shown = heard.reads
    for tap in range(TAPS):
        number = PUBLISHED[tap % len(PUBLISHED)]
        track = bytes.fromhex(f"57{number}d49121010000000f".ljust(40, "f")[:40])
        bank = VirtualCard(lambda _, track=track: b"\x70\x14" + track + b"\x90\x00", atr=ATR_PROCESSOR)  # type: ignore[misc]
        own = VirtualCard({GET_UID: bytes.fromhex(f"04{tap:012x}") + b"\x90\x00"})
        card = own if tap % 2 else bank
        card.insert(service)
        shown += 1
        assert heard.wait(shown)
        card.remove()
        service.wait_empty()
        assert card is own or card.commands == [SELECT_PPSE]
    return TAPS // 2


def forms_of(number: str) -> Iterator[bytes]:
    """A number's digits as they might lie in a file, PIECE of them at a time."""
    for at in (0, len(number) - PIECE):
        digits = number[at : at + PIECE]
        yield from (digits.encode(), digits.encode().hex().encode(), digits.encode("utf-16-le"), bytes.fromhex(digits))
        yield from (grouped(number, between).encode() for between in (" ", "-", "."))


def check_files(files: TillFiles) -> None:
    """Search every byte that was written, by `tally audit pan` and, plainly, for every number that was shown."""
    search = Search(())
    search.search(files.folder)
    written = {path: path.read_bytes() for path in files.folder.rglob("*") if path.is_file()}
    held = [
        (path.name, form)
        for path, data in written.items()
        for number in PUBLISHED
        for form in forms_of(number)
        if form in data
    ]

    assert (search.found, search.unread) == ([], [])
    assert search.size >= sum(map(len, written.values())) > 0
    assert held == []
    names = {path.name for path in written}
    assert {"ledger.db", "keys.db", "tokens.json", "log", "events-pos", "events-display"} <= names


def go_through(files: TillFiles, readers: Readers, swipes: int, service: PcscService | None = None) -> None:
    with files.config.open("a") as config:
        config.writelines(reader.toml for reader in readers.all)
        if service is not None:
            config.write('\n[[device]]\nname = "chip"\ndriver = "pcsc"\nreader = "Virtual"\n')
    with ExitStack() as listeners, running(files) as till:
        tokens = Tokens(load_config(files.config).till.tokens)
        listeners.enter_context(Listener(files, "display", tokens.add(Scope.DISPLAY, "display")))
        heard = listeners.enter_context(Listener(files, "pos", tokens.add(Scope.POS, "pos")))
        shown, own = show_cards(readers, heard, swipes)
        type_cards(files)
        own += 0 if service is None else tap_cards(service, heard)
        seen = {report.name: report.statistics for report in till.devices.reports()}
        till.stop()

    assert shown >= swipes
    assert heard.members == own
    assert own > swipes / 5
    assert all(seen[reader.name].good_reads > 0 for reader in readers.all)
    check_files(files)


@contextmanager
def plugged_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Readers]:
    """No reader yet; the seed says which cards they will be shown."""
    seed = int(os.environ.get("TALLYSTICK_SEED", time.time_ns()))
    print(f"TALLYSTICK_SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    play_grabs(monkeypatch)
    with ExitStack() as stack:
        yield Readers(folder, stack, seed=seed)


def test_no_digit_of_a_payment_card_is_in_any_byte_the_agent_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with plugged_in(tmp_path / "hardware", monkeypatch) as readers:
        readers.serial_scanner()
        readers.keyboard_wedge("MSR")
        go_through(set_up(tmp_path / "till", devices=False), readers, 200)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_thousand_swipes_through_every_driver_leave_no_digit_of_a_payment_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack, plugged_in(tmp_path / "hardware", monkeypatch) as readers:
        readers.serial_scanner()
        readers.serial_msr()
        readers.ssi_scanner()
        readers.hid_pos()
        readers.hid_msr()
        for category in ("MSR", "Scanner"):
            readers.keyboard_wedge(category)
            readers.simulated(category)
        service = None if why_not() else stack.enter_context(PcscService())
        go_through(set_up(tmp_path / "till"), readers, SWIPES, service)
