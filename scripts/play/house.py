"""Headquarters and one till as processes of their own, set up and run by the commands that a shop would use."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import httpx
import orjson

from agent.errors import TallyError
from agent.upkeep.running import Running, find_running

PROGRAMME = Path("config/programmes/general-shop.toml").resolve()
LOGO = Path("config/demo/logo.png").resolve()
SHOP, TILL = "corner", "1"
START_S = 30.0
STOP_S = 15.0

_TILL_TOML = """\
[till]
shop = "{shop}"
till = "{till}"
zone = "Europe/London"
folder = "{folder}"
printer = "slips"

[slips]
shop = "Corner Shop"
address = ["1 High Street", "London"]
contact = "020 7946 0018"
web = "https://club.example/me"
logo = "{logo}"

[web]
port = {port}

[sync]
hq = "{hq}"
poll_s = 1.0
retry_s = 0.5
retry_max_s = 2.0

[[device]]
name = "slips"
driver = "simulated"
category = "POSPrinter"
output = "{slips}"

[[device]]
name = "reader"
{reader}
"""
READERS = {
    "simulated": 'driver = "simulated"\ncategory = "Scanner"\nfeed = "{feed}"',
    "serial": 'driver = "serial_scanner"\npath = "{feed}"',
    "chip": 'driver = "pcsc"',
}


class PlayError(TallyError):
    """A process of the house did not come up, or a command of it failed."""

    hint = "its log in the house's folder says why"


class House:
    """Headquarters and a till in `folder`. As a context manager it ends every process it started."""

    def __init__(self, folder: Path, *, reader: str = "simulated", port: int = 0, database: str = "hq.sqlite") -> None:
        self.folder = folder
        self._database = database
        self.reader = reader
        self.shop = SHOP
        self.feed = folder / "cards"
        self.config = folder / "till.toml"
        self.hq_folder = folder / "hq"
        self.hq_url = f"http://127.0.0.1:{free_port()}"
        self._port = port or free_port()
        self._hq: subprocess.Popen[bytes] | None = None
        self._till: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Prepare and start the till."""
        try:
            self.prepare()
            self.start_till()
        except BaseException:
            self.__exit__()
            raise
        return self

    def prepare(self) -> None:
        """Found headquarters and start it, enrol the till."""
        self.found()
        self.start_hq()
        self.enrol()

    def __exit__(self, *_: object) -> None:
        """End the till, then headquarters."""
        self.stop_till(signal.SIGTERM)
        self.stop_hq(signal.SIGTERM)

    def found(self) -> None:
        """Found headquarters."""
        self.folder.mkdir(parents=True, exist_ok=True)
        options = ["--programme", str(PROGRAMME), "--name", "Corner Shops", "--database", self._database]
        self.command("tally-hq", "init", "--dir", str(self.hq_folder), "--shop", self.shop, *options)
        settings = self.hq_folder / "hq.toml"
        settings.write_text(settings.read_text().replace("port = 8620", f"port = {self.hq_url.rpartition(':')[2]}"))
        self.set_up_till()

    def set_up_till(self) -> None:
        """Write the till's settings."""
        reader = READERS[self.reader].format(feed=self.feed)
        text = _TILL_TOML.format(
            shop=self.shop,
            till=TILL,
            folder=self.folder / "till",
            logo=LOGO,
            port=self._port,
            hq=self.hq_url,
            slips=self.folder / "slips",
            reader=reader,
        )
        self.config.write_text(text)

    def enrol(self) -> None:
        """Make the till one of headquarters'."""
        options = ["--dir", str(self.hq_folder), "--shop", self.shop, "--till", TILL]
        code = orjson.loads(self.command("tally-hq", "enrol-code", *options, "--json"))["code"]
        self.command("tally", "enrol", code, "--config", str(self.config))

    def command(self, program: str, *arguments: str) -> bytes:
        """Run one of the two programs to its end and return what it printed; raises PlayError if it failed."""
        done = subprocess.run([str(_bin(program)), *arguments], capture_output=True, check=False, timeout=120)
        if done.returncode:
            raise PlayError(f"{program} {arguments[0]} failed: {done.stderr.decode().strip()}")
        return done.stdout

    # -- headquarters ------------------------------------------------------------------------------------------------

    def start_hq(self) -> None:
        """Start headquarters and wait until it answers."""
        self._hq = self._start("tally-hq", "serve", "--dir", str(self.hq_folder))
        self._wait(self._hq, "headquarters", self._hq_answers)

    def _hq_answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(self.hq_url + "/openapi.json", trust_env=False, timeout=5).is_success
        return False

    def stop_hq(self, how: signal.Signals) -> None:
        """End headquarters; SIGKILL is the plug pulled."""
        _stop(self._hq, how)

    @property
    def hq_cpu_s(self) -> float:
        """How many seconds of a processor headquarters has used since it was started."""
        assert self._hq is not None
        fields = Path(f"/proc/{self._hq.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def books(self) -> dict[str, Any]:
        """Return headquarters' books in sum."""
        printed = self.command("tally-hq", "books", "--dir", str(self.hq_folder), "--json")
        value: dict[str, Any] = orjson.loads(printed)
        return value

    # -- the till ----------------------------------------------------------------------------------------------------

    def start_till(self) -> None:
        """Start the till's agent and wait until it answers."""
        self._till = self._start("tally", "run", "--config", str(self.config))
        self._wait(self._till, "the till", self._till_answers)

    def _till_answers(self) -> bool:
        running = find_running(self.folder / "till")
        if running is None or self._till is None or running.pid != self._till.pid:
            return False
        with contextlib.suppress(TallyError):
            devices = running.ask("GET", "/v1/status")["devices"]
            return all(device["status"] == "enabled" for device in devices if device["name"] == "reader")
        return False

    def stop_till(self, how: signal.Signals) -> None:
        """End the till's agent; SIGKILL is the plug pulled."""
        _stop(self._till, how)

    @property
    def running(self) -> Running:
        """The running agent: its address and a token for it."""
        running = find_running(self.folder / "till")
        if running is None:
            raise PlayError("the till's agent is not running")
        return running

    def token(self) -> str:
        """Return a new token for point-of-sale software, good across restarts of the agent."""
        name = f"pos-{secrets.token_hex(4)}"
        printed = self.command("tally", "token", "add", "pos", name, "--config", str(self.config), "--json")
        return str(orjson.loads(printed)["token"])

    def screen_url(self) -> str:
        """Return an address that lets one browser into the cashier's page, once."""
        printed = self.command("tally", "token", "enter", "screen", "--config", str(self.config), "--json")
        return str(orjson.loads(printed)["url"])

    def wait_for_agreement(self, seconds: float) -> dict[str, Any]:
        """Wait until headquarters has booked every entry the till has; raises PlayError if that takes too long."""
        until = time.monotonic() + seconds
        while True:
            (till,) = orjson.loads(self.command("tally-hq", "tills", "--dir", str(self.hq_folder), "--json"))
            own = self.running.ask("GET", "/v1/status")["journal"]
            if (till["entries"], till["head"], till["waiting"]) == (own["seq"], own["head"], 0):
                return self.books()
            if time.monotonic() > until:
                raise PlayError(f"headquarters holds {till['entries']} entries, the till {own['seq']}")
            time.sleep(0.2)

    def wait_for_slips(self, seconds: float) -> dict[str, int]:
        """Wait until no slip is queued or on its way and return the counts; raises PlayError if it takes too long."""
        until = time.monotonic() + seconds
        while True:
            counts: dict[str, int] = self.running.ask("GET", "/v1/status")["slips"]["counts"]
            if not counts["queued"] and not counts["sent"]:
                return counts
            if time.monotonic() > until:
                raise PlayError(f"{counts['queued']} slips still wait to be printed")
            time.sleep(0.2)

    # -- processes ---------------------------------------------------------------------------------------------------

    def _start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{program}.log").open("ab") as log:
            return subprocess.Popen([str(_bin(program)), *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def _wait(self, process: subprocess.Popen[bytes], name: str, answers: Any) -> None:
        until = time.monotonic() + START_S
        while not answers():
            if process.poll() is not None or time.monotonic() > until:
                raise PlayError(f"{name} did not come up; see the log in {self.folder}")
            time.sleep(0.05)


def _bin(program: str) -> Path:
    return Path(sys.executable).parent / program


def _stop(process: subprocess.Popen[bytes] | None, how: signal.Signals) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
