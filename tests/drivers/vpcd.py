"""A real pcscd with vsmartcard's virtual reader, and a card that a test holds in its hand.

vpcd listens on every address and two pcscd would share a socket, so pcscd runs in mount and network namespaces of its
own; only its socket is visible here, through PCSCLITE_CSOCK_NAME. A card's thread enters the network namespace alone.
vpcd's frames: a length of two bytes, big-endian, and a payload; payloads of one byte are power off, power on, reset (no
answer) and "ATR?"; anything longer is a command APDU.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from smartcard import scard as _scard

from tests.drivers.wait import wait_until

scard: Any = _scard  # pyscard has no types

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
READER = "Virtual PCD 00 00"
READERS = {"Virtual PCD": 0x8C7B, "Second PCD": 0x8C8B}  # by name, and the port that a card connects to
CLONE_NEWNET = 0x40000000

# PC/SC part 3: a memory card, ISO 14443 A part 3, MIFARE Ultralight or NTAG; and a card with a processor.
ATR_MEMORY = bytes.fromhex("3b8f8001804f0ca0000003060300030000000068")
ATR_PROCESSOR = bytes.fromhex("3b8180018080")
GET_UID = bytes.fromhex("ffca000000")
SELECT_PPSE = bytes.fromhex("00a404000e325041592e5359532e444446303100")
NOT_SUPPORTED = bytes.fromhex("6a81")
POWER_OFF, POWER_ON, RESET, GET_ATR = b"\x00", b"\x01", b"\x02", b"\x04"

# libpcsclite reads the variable once per process, so it is set before anybody has used the library.
FOLDER = Path(tempfile.gettempdir()) / f"tallystick-pcscd-{os.getpid()}"
os.environ["PCSCLITE_CSOCK_NAME"] = str(FOLDER / "run" / "pcscd.comm")

_ENTER = (
    'ip link set lo up && mount -t tmpfs none /run && mkdir /run/pcscd && mount --bind "$0" /run/pcscd && exec "$@"'
)


def why_not() -> str | None:
    """Say why pcscd cannot run here; None if it can."""
    if not DRIVER.exists():
        return "needs Debian's vsmartcard-vpcd"
    for program in ("pcscd", "unshare", "setpriv", "ip"):
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
            return f"needs {program}"
    if os.geteuid() != 0:
        return "needs root, for a network namespace"
    tried = subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True, text=True, check=False)
    return f"needs namespaces: {tried.stderr.strip()}" if tried.returncode else None


class PcscService:
    """pcscd, startable and stoppable at will."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        (FOLDER / "run").mkdir(parents=True, exist_ok=True)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(FOLDER)

    @property
    def network(self) -> str:
        """The file that is pcscd's network namespace."""
        assert self._process is not None
        return f"/proc/{self._process.pid}/ns/net"

    def start(self, *readers: str) -> None:
        """Start pcscd with these READERS, the first if none is named, and wait until it answers."""
        self._start(readers or ("Virtual PCD",))

    def start_without_readers(self) -> None:
        """Start pcscd with no reader, and wait until it answers."""
        self._start(())

    def _start(self, readers: Sequence[str]) -> None:
        conf = FOLDER / f"conf-{len(list(FOLDER.iterdir()))}"
        conf.mkdir()
        sections = [_section(name) for name in readers]
        if sections:
            (conf / "vpcd").write_text("\n".join(sections))
        shell = ["sh", "-c", _ENTER, str(FOLDER / "run"), "pcscd", "--foreground", "--critical", "--config", str(conf)]
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--net", "--propagation", "private", *shell],
            env=os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
            stdout=subprocess.DEVNULL,
        )
        wait_until(self._answers, "pcscd answers")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop pcscd (SIGKILL leaves its socket behind); nothing happens if it does not run."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(5)
            self._process = None

    def wait_empty(self) -> None:
        """Wait until pcscd has noticed that the card is gone: it looks every 0.4 s and misses what is in between."""
        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        assert code == scard.SCARD_S_SUCCESS
        try:
            wait_until(lambda: self._state(context) & scard.SCARD_STATE_EMPTY != 0, "the reader is empty")
        finally:
            scard.SCardReleaseContext(context)

    @staticmethod
    def _state(context: int) -> int:
        _, states = scard.SCardGetStatusChange(context, 0, [(READER, scard.SCARD_STATE_UNAWARE)])
        return int(states[0][1])

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "pcscd ended"
        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        if code == scard.SCARD_S_SUCCESS:
            scard.SCardReleaseContext(context)
        return bool(code == scard.SCARD_S_SUCCESS)


class VirtualCard:
    """A card. `answers` gives the answer to a command APDU; one that a mapping does not know is answered 6A81.

    The connection is the card: `insert` connects, `remove` closes. `remove_at` takes the card away in place of
    answering that many-th command.
    """

    def __init__(
        self,
        answers: Mapping[bytes, bytes] | Callable[[bytes], bytes],
        *,
        atr: bytes = ATR_MEMORY,
        remove_at: int | None = None,
        on_reset: Callable[[], None] = lambda: None,
    ) -> None:
        self._answer = answers if callable(answers) else lambda command: answers.get(command, NOT_SUPPORTED)
        self._atr = atr
        self._on_reset = on_reset
        self._remove_at = remove_at
        self._connection: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.commands: list[bytes] = []

    @classmethod
    def with_uid(cls, uid: bytes) -> VirtualCard:
        """Return a memory card with this unique id."""
        return cls({GET_UID: uid + b"\x90\x00"})

    def insert(self, service: PcscService, reader: str = "Virtual PCD") -> None:
        """Put the card on a reader of `service`; it is noticed a moment later."""
        connected = threading.Event()
        arguments = (service.network, READERS[reader], connected)
        self._thread = threading.Thread(target=self._serve, args=arguments, daemon=True)
        self._thread.start()
        assert connected.wait(5), "the card did not reach the virtual reader"

    def remove(self) -> None:
        """Take the card away; nothing happens if it is not there."""
        if self._connection is not None and self._thread is not None:
            with contextlib.suppress(OSError):  # pcscd went first
                self._connection.shutdown(socket.SHUT_RDWR)
            self._thread.join(5)

    def _serve(self, network: str, port: int, connected: threading.Event) -> None:
        with open(network, "rb") as namespace:  # noqa: PTH123  # setns wants the descriptor
            libc = ctypes.CDLL(None, use_errno=True)
            assert libc.setns(namespace.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        with socket.create_connection(("127.0.0.1", port), timeout=5) as self._connection:
            self._connection.settimeout(None)
            connected.set()
            with contextlib.suppress(OSError):  # the reader went away
                self.answer_all(self._connection)

    def answer_all(self, connection: socket.socket) -> None:
        """Answer the virtual reader until it goes away, or the card does."""
        while (payload := _frame(connection)) is not None:
            if payload == GET_ATR:
                _send(connection, self._atr)
            elif payload in {POWER_OFF, POWER_ON, RESET}:
                self._on_reset()
            elif len(payload) > 1:
                self.commands.append(payload)
                if len(self.commands) == self._remove_at:
                    return
                _send(connection, self._answer(payload))


def _section(reader: str) -> str:
    """Configure one of READERS, with a copy of the driver: loaded once, it keeps the sockets of one reader only."""
    port = READERS[reader]
    driver = FOLDER / f"{port}.so"
    if not driver.exists():
        shutil.copy(DRIVER, driver)
    return f'FRIENDLYNAME "{reader}"\nDEVICENAME /dev/null:{port:#x}\nLIBPATH {driver}\nCHANNELID {port:#x}\n'


def _frame(connection: socket.socket) -> bytes | None:
    head = _exactly(connection, 2)
    return None if head is None else _exactly(connection, struct.unpack(">H", head)[0])


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    received = b""
    while len(received) < size:
        chunk = connection.recv(size - len(received))
        if not chunk:
            return None
        received += chunk
    return received


def _send(connection: socket.socket, payload: bytes) -> None:
    connection.sendall(struct.pack(">H", len(payload)) + payload)
