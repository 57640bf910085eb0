"""`slip_render`: a sale's slip from its facts to the printer's bytes, against python-escpos printing the same lines."""

from __future__ import annotations

import time
from pathlib import Path

from escpos.printer import Dummy

from agent.devices.document import Text
from agent.devices.escpos.encoder import encode
from agent.devices.escpos.model import DEFAULT_PROFILE, load_model
from agent.slips.facts import Addressee
from agent.slips.layout import lay_out
from rows.row import Row, paired
from tests.slips.samples import LETTERHEAD, SALE

SLIPS = 200


def slip_render(_folder: Path) -> list[Row]:
    """Milliseconds a slip, the best of python-escpos being its text() for every line of it and one QR code."""
    model = load_model(DEFAULT_PROFILE, code_pages={}, font=None)
    lines = [block.text for block in lay_out(SALE, LETTERHEAD, Addressee("Maria")).blocks if isinstance(block, Text)]

    def measure(_pair: int) -> float:
        started = time.perf_counter()
        for _ in range(SLIPS):
            encode(lay_out(SALE, LETTERHEAD, Addressee("Maria")), model)
        return (time.perf_counter() - started) / SLIPS * 1000

    def library(_pair: int) -> float:
        started = time.perf_counter()
        for _ in range(SLIPS):
            printer = Dummy(profile="TM-T88V")
            for line in lines:
                printer.text(line + "\n")
            printer.qr(LETTERHEAD.web or "", size=5)
            printer.cut()
        return (time.perf_counter() - started) / SLIPS * 1000

    return [paired("slip_render", "ms", measure, library)]
