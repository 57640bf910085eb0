"""The example package, installed into a throw-away folder as a shop would install it beside Tallystick."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.devices.categories import Category, Scanner
from agent.devices.firewall.recognise import OwnCard
from agent.devices.loading import DeviceSetup, DriverRow, build
from agent.devices.supervision.pace import Pace
from agent.devices.supervision.report import DeviceStatus
from agent.devices.supervision.supervisor import Supervisor
from agent.loyalty.cards import CardRange, Source
from drivers import known_drivers
from tests.contracts.input_contract import InputBench, WireContract
from tests.drivers.wait import wait_until
from tests.till_files import TillFiles, set_up

HERE = Path(__file__).parent
CARD = "9498010000012345"
TALLY = Path(sys.executable).with_name("tally")


class Peer:
    """Plays the scanner: listens, and sends labels to whoever has connected."""

    def __init__(self) -> None:
        self.port = 0
        self.plug_in()

    def plug_in(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._listener.settimeout(2)
        self.port = self._listener.getsockname()[1]
        self._connection: socket.socket | None = None

    def show(self, label: bytes) -> None:
        if self._connection is None:
            self._connection, _ = self._listener.accept()
            self._connection.settimeout(2)
        self._connection.sendall(label + b"\r\n")

    def unplug(self) -> None:
        self._listener.close()
        if self._connection is not None:
            self._connection.close()

    def section(self, port: int | None = None) -> DeviceSetup:
        return DeviceSetup("gate", "acme_scanner", {"host": "127.0.0.1", "port": port or self.port})


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the package is installed in."""
    source, target = tmp_path_factory.mktemp("acme") / "source", tmp_path_factory.mktemp("installed")
    shutil.copytree(HERE, source, ignore=shutil.ignore_patterns("__pycache__", "test_*"))
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    subprocess.run([sys.executable, "-m", "pip", "install", *options, "--target", target, source], check=True)
    return target


@pytest.fixture
def beside(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package as one that this process can import; nothing of it stays."""
    monkeypatch.syspath_prepend(installed)
    yield installed
    sys.modules.pop("acme_scanner", None)


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.unplug()


@pytest.mark.usefixtures("beside")
def test_its_entry_point_is_a_row_and_nothing_is_loaded_before_it_is_named() -> None:
    assert known_drivers()["acme_scanner"] == DriverRow(tuple(Category), "acme_scanner:AcmeScanner")
    assert "acme_scanner" in list(known_drivers())
    assert "acme_scanner" not in sys.modules


class TestAcmeScanner(WireContract):
    samples = (b"]E05901234123457", b"9498010000012345")

    @pytest.fixture
    def bench(self, beside: Path, peer: Peer) -> Iterator[InputBench]:
        device = build(peer.section(), known_drivers())
        assert isinstance(device, Scanner)
        assert Path(sys.modules["acme_scanner"].__file__ or "").parent == beside
        yield InputBench(device, peer.show, peer.unplug, peer.plug_in)
        device.close()


@pytest.mark.usefixtures("beside")
def test_the_supervisor_runs_it_like_one_of_ours(peer: Peer) -> None:
    supervisor = Supervisor(
        [peer.section()],
        known_drivers(),
        ranges=lambda: (CardRange("9498", 16),),
        on_change=lambda _: None,
        pace=Pace(read_s=0.05),
    )
    supervisor.start()
    try:
        wait_until(lambda: supervisor.reports()[0].status is DeviceStatus.ENABLED, "it is enabled")
        peer.show(CARD.encode())
        sighting = supervisor.take(2)
    finally:
        supervisor.stop()

    assert sighting is not None
    assert sighting.card == OwnCard(CARD, Source.NUMBER)


def checked(files: TillFiles, *, path: Path | None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": "" if path is None else str(path)}
    command = [str(TALLY), "config", "check", "--config", str(files.config)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('host = "192.0.2.7"', "devices    gate"),
        ('hots = "192.0.2.7"', "device 'gate': unknown setting 'hots'; did you mean 'host'?"),
        ("port = 51236", "device 'gate': the setting 'host' is missing"),
    ],
)
def test_its_settings_are_checked_like_those_of_ours(installed: Path, tmp_path: Path, line: str, told: str) -> None:
    files = set_up(tmp_path, devices=False)
    with files.config.open("a") as config:
        config.write(f'\n[[device]]\nname = "gate"\ndriver = "acme_scanner"\n{line}\n')

    answer = checked(files, path=installed)

    assert told in answer.stdout + answer.stderr
    assert (answer.returncode == 0) == (answer.stderr == "")


def test_without_it_its_name_is_unknown(tmp_path: Path) -> None:
    files = set_up(tmp_path, devices=False)
    with files.config.open("a") as config:
        config.write('\n[[device]]\nname = "gate"\ndriver = "acme_scanner"\nhost = "192.0.2.7"\n')

    answer = checked(files, path=None)

    assert answer.returncode == 1
    assert "unknown driver 'acme_scanner'" in answer.stderr
