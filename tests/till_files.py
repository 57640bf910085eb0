"""A till as it is set up in a shop: a folder with its till.toml, and simulated devices in place of its hardware."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.cli.output import open_ledger
from agent.config import load_config
from agent.counter import Counter
from agent.ledger.kept import programmes
from agent.loyalty.cards import Check, check_digit

ROOT = Path(__file__).parent.parent
GENERAL_SHOP = ROOT / "config" / "programmes" / "general-shop.toml"

_TILL = """\
[till]
shop = "corner"
till = "1"
zone = "Europe/London"
folder = "till"
"""
_REST = """
[slips]
shop = "Corner Shop"

[web]
port = 0
"""
_DEVICES = """
[[device]]
name = "slips"
driver = "simulated"
category = "POSPrinter"
output = "{folder}/slips"

[[device]]
name = "reader"
driver = "simulated"
category = "Scanner"
feed = "{folder}/cards"
"""


@dataclass(frozen=True)
class TillFiles:
    """Where the parts of a till lie."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "till.toml"

    @property
    def data(self) -> Path:
        return self.folder / "till"

    @property
    def ledger(self) -> Path:
        return self.data / "ledger.db"

    @property
    def running(self) -> Path:
        return self.data / "agent.json"

    @property
    def slips(self) -> list[Path]:
        return sorted((self.folder / "slips").glob("*.bin"))

    def read_card(self, number: str) -> None:
        """Put a line into the reader's feed."""
        with (self.folder / "cards").open("w") as feed:
            feed.write(number + "\n")

    def change(self, old: str, new: str) -> None:
        """Change a line of till.toml."""
        text = self.config.read_text()
        assert old in text
        self.config.write_text(text.replace(old, new))


def set_up(folder: Path, *, programme: Path | None = GENERAL_SHOP, devices: bool = True) -> TillFiles:
    """Write a till.toml for a till that stands alone and listens on any free port."""
    text = _TILL
    if programme is not None:
        text += f'programme = "{programme}"\n'
    if devices:
        text += 'printer = "slips"\n'
    text += _REST + (_DEVICES.format(folder=folder) if devices else "")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "till.toml").write_text(text)
    return TillFiles(folder)


@contextmanager
def counter_of(files: TillFiles) -> Iterator[Counter]:
    """The till's counter on its own ledger, while no agent runs."""
    config = load_config(files.config)
    ledger = open_ledger(config, read_only=False)
    try:
        data = config.read_programme()
        yield Counter(ledger, programmes.adopt(ledger, data) if data else None, recorded=lambda: None)
    finally:
        ledger.close()


def card_number(serial: int) -> str:
    """A card of the general shop's programme."""
    payload = f"9826{serial:07}"
    return payload + check_digit(payload, Check.LUHN)


def wait_until(true: Callable[[], object], *, seconds: float = 5.0) -> None:
    """Wait until something is so; fails the test if it does not become so."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.01)
