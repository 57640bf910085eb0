"""A till as a cashier meets it: the agent as a process, stripe reader and scanner on lines of their own, a printer."""

from __future__ import annotations

import itertools
import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from agent.slips.reader import read_text
from agent.upkeep.running import Running, find_running
from agent.web.tokens import Scope, Tokens
from play.house import free_port
from tests.drivers.serial_line import SerialLine
from tests.till_files import card_number, wait_until

PROGRAMME = Path(__file__).with_name("shop.toml")
SCREEN, DISPLAY = "counter-1", "display-1"  # names of tokens
SUPERVISOR, SUPERVISOR_PIN = "71", "7291"
CASHIER, CASHIER_PIN = "12", "4826"
START_S = 60.0
STOP_S = 20.0
LATE_MS = 500

_CODE = re.compile(r"^ *((?:[0-9A-Z]{4} ){2,4}[0-9A-Z]{1,4}) *$", re.MULTILINE)
_PRINTER = """\
driver = "simulated"
category = "POSPrinter"
output = "{folder}/slips\"
"""
_TILL = """\
[till]
shop = "corner"
till = "1"
zone = "Europe/London"
folder = "till"
programme = "{programme}"
printer = "slips"

[slips]
shop = "Corner Shop"

[web]
port = {port}
policies = "policies.toml"

[[device]]
name = "slips"
{printer}

[[device]]
name = "stripes"
driver = "serial_msr"
path = "{stripes}"
one_line = true
settle_s = 0
debounce_s = 0

[[device]]
name = "labels"
driver = "serial_scanner"
path = "{labels}"
settle_s = 0
"""
_POLICIES = """\
[[page]]
title = "Returns"
text = "Goods come back within thirty days."

[notes]
"85123A" = "From Devon."
"""


class House:
    """The till in `folder`, running until the block ends. `post` asks as the point-of-sale software would.

    `printer` is the device that prints slips, as till.toml has it, in place of one that keeps them in a folder.
    """

    def __init__(self, folder: Path, *, programme: Path = PROGRAMME, printer: str = _PRINTER) -> None:
        self.folder = folder
        self._programme = programme
        self._printer = printer.format(folder=folder)
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self.port = free_port()

    def __enter__(self) -> Self:
        for name in ("stripes", "labels"):
            (self.folder / name).mkdir(parents=True)
        self._stripes = self._stack.enter_context(SerialLine(self.folder / "stripes"))
        self._labels = self._stack.enter_context(SerialLine(self.folder / "labels"))
        lines = {"stripes": self._stripes.path, "labels": self._labels.path}
        config = _TILL.format(programme=self._programme, port=self.port, printer=self._printer, **lines)
        (self.folder / "till.toml").write_text(config)
        (self.folder / "policies.toml").write_text(_POLICIES)
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        self._tokens = Tokens(self.folder / "till" / "tokens.json")
        self._tokens.replace(Scope.SCREEN, SCREEN)
        self._tokens.replace(Scope.DISPLAY, DISPLAY)
        for staff, pin, role in ((SUPERVISOR, SUPERVISOR_PIN, "supervisor"), (CASHIER, CASHIER_PIN, "cashier")):
            asked = {"op": f"staff-{staff}", "change": "add", "named": staff, "role": role, "pin": pin}
            self.post("staff", **asked)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGTERM)
        self._stack.close()

    def start(self) -> None:
        """Start the agent and wait until its readers are open."""
        command = [str(Path(sys.executable).parent / "tally"), "run", "--config", str(self.folder / "till.toml")]
        with (self.folder / "till.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(self._is_up, seconds=START_S)

    def stop(self, how: signal.Signals) -> None:
        """End the agent; SIGKILL is the plug pulled."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(STOP_S)

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "till.log").read_text()
        running = find_running(self.folder / "till")
        if running is None or running.pid != self._process.pid:
            return False
        return all(device["status"] == "enabled" for device in running.ask("GET", "/v1/status")["devices"])

    @property
    def running(self) -> Running:
        """The agent that runs."""
        running = find_running(self.folder / "till")
        assert running is not None
        return running

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What the agent has logged."""
        return (self.folder / "till.log").read_text()

    @property
    def slips(self) -> list[str]:
        """What was printed, slip by slip."""
        return ["\n".join(read_text(path.read_bytes())) for path in sorted((self.folder / "slips").glob("*.bin"))]

    def voucher_of(self, slips: int) -> str:
        """Wait for the slip of a voucher after so many slips, and return its code to type."""
        found: list[str] = []

        def is_printed() -> bool:
            found.extend(code for slip in self.slips[slips:] for code in _CODE.findall(slip))
            return bool(found)

        wait_until(is_printed, seconds=START_S)
        return found[0].replace(" ", "")

    def entering(self, token: str = SCREEN) -> str:
        """Return an address that lets one browser in, once."""
        return f"{self.url}/enter?code={self._tokens.one_time_code(token)}"

    def post(self, path: str, **body: Any) -> Any:
        """Ask the agent, and return its answer."""
        return self.running.ask("POST", f"/v1/{path}", body)

    # -- people and what they hold -----------------------------------------------------------------------------------

    def new_card(self) -> str:
        """A card that nobody has yet."""
        return card_number(next(self._numbers))

    def card_id(self, card: str) -> str:
        """What a card is called in the entries."""
        (member,) = self.post("identify", card=card)["members"]
        return str(member["card"])

    def new_op(self) -> str:
        return f"made-{next(self._numbers)}"

    def member(self, name: str, *, points: int = 0, phone: str | None = None) -> tuple[str, str]:
        """Enrol somebody who has earned so many points; return account and card."""
        card = self.new_card()
        asked = {"name": name, "card": card} | ({"phone": phone} if phone else {})
        account = str(self.post("members", op=self.new_op(), **asked)["account"])
        if points:
            self.sell(account, points * 100)
        return account, card

    def details(self, phone: str) -> Any:
        """What is known of the member with this phone."""
        (member,) = self.post("identify", phone=phone)["members"]
        return self.running.ask("GET", f"/v1/members/{member['account']}/details")

    def voucher(self) -> str:
        """Have somebody take a voucher, and return the code that is in its square."""
        account, card = self.member("Ion Rusu", points=60)
        asked = {"account": account, "card": self.card_id(card), "reward": "tasting", "units": 50}
        return str(self.post("redemptions", op=self.new_op(), **asked)["vouchers"][0]["qr"])

    def sell(self, account: str | None, amount: int) -> str:
        """Record a sale of the point-of-sale software and return its op."""
        op = self.new_op()
        lines = [{"article": "85123A", "quantity": 2, "amount": amount}]
        self.post("sales", op=op, lines=lines, **({"account": account} if account else {}))
        return op

    def swipe(self, card: str) -> None:
        """Draw a card through the stripe reader."""
        self._stripes.send(f";{card}=?\r".encode())

    def swipe_half(self) -> None:
        """Draw a card too fast: the reader found a stripe and could not read it."""
        self._stripes.send(b"%E?;E?\r")

    def noticed_of_late(self, code: str) -> bool:
        """Whether this is the last thing that the screens were told, a moment ago."""
        noticed = self.running.ask("GET", "/screen/sale")["noticed"]
        return noticed is not None and noticed["code"] == code and noticed["age_ms"] < LATE_MS

    def scan(self, text: str) -> None:
        """Hold something before the scanner."""
        self._labels.send(f"]C0{text}\r".encode())

    def balance(self, account: str, unit: str = "points") -> int:
        """What a member has."""
        return int(self.running.ask("GET", f"/v1/members/{account}")["balances"].get(unit, 0))
