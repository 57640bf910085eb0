"""A Zebra scanner on a serial line, as a peer: it sends a packet, waits for the answer, sends it again."""

from __future__ import annotations

import queue
import threading

from drivers.ssi_scanner import CONTINUED, RETRANSMIT, checksum
from tests.drivers.serial_line import SerialLine

ACK = bytes.fromhex("04d00400ff28")
NAK_RESEND = bytes.fromhex("05d1040001ff25")
QR = 0x1C
PART_MAX = 240
ANSWER_S = 0.2  # a real one waits 2 s


def decode_data(label: bytes, *, status: int = 0, symbology: int = QR) -> bytes:
    """Return the packet of one label, or of a part of it."""
    packet = bytes([5 + len(label), 0xF3, 0, status, symbology]) + label
    return packet + checksum(packet)


class SsiDecoder:
    """Runs from `start` to `stop`; `scan` hands it a label."""

    def __init__(self, line: SerialLine) -> None:
        self._line = line
        self._labels: queue.Queue[bytes | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run)
        self._is_idle, self._has_sent = threading.Event(), threading.Event()
        self.given_up = 0

    def start(self) -> None:
        """Switch it on."""
        self._thread.start()

    def stop(self) -> None:
        """Switch it off, and wait until it is."""
        if self._thread.is_alive():
            self._labels.put(None)
            self._thread.join()

    def scan(self, label: bytes) -> None:
        """Read a barcode; it is on the line on return, unless another one still waits for its answer."""
        was_idle = self._is_idle.is_set()
        self._has_sent.clear()
        self._labels.put(label)
        assert not was_idle or self._has_sent.wait(5), "the decoder did not send"

    def _run(self) -> None:
        while (label := self._next()) is not None:
            parts = [label[at : at + PART_MAX] for at in range(0, len(label), PART_MAX)]
            for part in parts:
                if not self._deliver(part, CONTINUED * (part is not parts[-1])):
                    self.given_up += 1
                    break

    def _next(self) -> bytes | None:
        self._is_idle.set()
        label = self._labels.get()
        self._is_idle.clear()
        return label

    def _deliver(self, part: bytes, status: int) -> bool:
        for attempt in range(3):
            self._line.send(decode_data(part, status=status | RETRANSMIT * (attempt > 0)))
            self._has_sent.set()
            if self._line.receive(ANSWER_S) == ACK:
                return True
        return False
