"""A whole till with a real pcscd: a chip that proves itself at every tap, copies of what it said, a forgery."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.config import load_config
from agent.daemon import Till
from agent.errors import ConfigError
from tests.devices.chips.cards import Type4, uri
from tests.devices.chips.sun.tag import KEY_FILE, META_KEY, Ntag424
from tests.drivers.vpcd import ATR_PROCESSOR, PcscService, VirtualCard, why_not
from tests.till_files import TillFiles, set_up, wait_until

ANSWER_S = 5.0
CHIP_READER = """
[chips]
sun_keys = "sun-keys.toml"

[[device]]
name = "chip"
driver = "pcsc"
identify_by = "ndef"
"""

needs_pcscd = pytest.mark.skipif(why_not() is not None, reason=why_not() or "")


def shop_with_chips(folder: Path) -> TillFiles:
    """A till whose programme takes NXP's chips by their id, with a chip reader and the keys of its cards."""
    files = set_up(folder, devices=False)
    with files.config.open("a") as config:
        config.write(CHIP_READER)
    keys = folder / "sun-keys.toml"
    keys.touch(mode=0o600)
    keys.write_text(KEY_FILE)
    return files


class Bench:
    """A till that runs, and what it says of the chips that are held to its reader."""

    def __init__(self, till: Till, service: PcscService) -> None:
        self._service = service
        self._said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        for kind in ("member", "notice"):
            till.events.attach(kind, self._said.put)

    def tap(self, chip: Ntag424 | Type4) -> dict[str, Any]:
        """Hold a chip to the reader, take it away, and return the event."""
        self._service.wait_empty()
        card = VirtualCard(chip.answer, atr=ATR_PROCESSOR, on_reset=chip.reset)
        card.insert(self._service)
        try:
            return self._said.get(timeout=ANSWER_S)
        finally:
            card.remove()


@contextmanager
def started(files: TillFiles, service: PcscService) -> Iterator[Bench]:
    with Till(load_config(files.config)) as till:
        wait_until(lambda: all(str(report.status) == "enabled" for report in till.devices.reports()))
        yield Bench(till, service)


@needs_pcscd
def test_a_tap_shows_its_member_and_a_copy_of_what_the_chip_said_does_not(tmp_path: Path) -> None:
    chip = Ntag424()
    with PcscService() as service, started(shop_with_chips(tmp_path), service) as bench:
        member = bench.tap(chip)
        copied = bench.tap(Type4(uri(chip.addresses[-1])))

    assert member["status"] == "provisional"
    assert copied["code"] == "not_allowed"
    assert copied["text"].endswith(": tap the card itself again")


@needs_pcscd
@pytest.mark.slow
def test_a_copy_stays_one_after_a_restart_and_the_chip_itself_is_known_again(tmp_path: Path) -> None:
    files, chip = shop_with_chips(tmp_path), Ntag424()
    with PcscService() as service:
        with started(files, service) as bench:
            before = [bench.tap(chip)["account"] for _ in range(2)]
        with started(files, service) as bench:
            copied = bench.tap(Type4(uri(chip.addresses[-1])))
            after = bench.tap(chip)["account"]

    assert {*before, after} == {before[0]}
    assert copied["code"] == "not_allowed"
    assert len(set(chip.addresses)) == chip.counter >= 3


@needs_pcscd
def test_a_chip_with_other_keys_is_told_that_it_proves_nothing(tmp_path: Path) -> None:
    with PcscService() as service, started(shop_with_chips(tmp_path), service) as bench:
        said = bench.tap(Ntag424(file_key=META_KEY))

    assert said == {"code": "unknown_card", "text": "this card cannot prove itself"}


def test_keys_that_others_may_read_stop_the_start(tmp_path: Path) -> None:
    files = shop_with_chips(tmp_path)
    (tmp_path / "sun-keys.toml").chmod(0o644)

    with pytest.raises(ConfigError, match="may be read by others") as caught, Till(load_config(files.config)):
        pass

    assert "chmod 600" in caught.value.hint
    assert not files.running.exists()
