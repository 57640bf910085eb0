"""What a slip will look like: a picture of the very bytes the printer would get, without a printer."""

from __future__ import annotations

from typing import Protocol

from agent.devices.document import Document
from agent.slips.facts import Addressee, SlipFacts
from agent.slips.layout import lay_out
from agent.slips.reader import render_png
from agent.slips.settings import Letterhead


class Encoder(Protocol):
    """The part of a POSPrinter that needs no printer."""

    def encode(self, document: Document) -> bytes:
        """Turn a slip into the printer's bytes."""


def preview_png(facts: SlipFacts, letterhead: Letterhead, to: Addressee, printer: Encoder, *, copy: int = 0) -> bytes:
    """The slip as a one-bit PNG, as wide as the printer prints.

    About 30 ms of pure Python on a small machine: the web runs it in a worker process. Raises NoTextError for a code
    without words and UnknownCommandError for bytes that the reader does not know.
    """
    data = printer.encode(lay_out(facts, letterhead, to, copy=copy))
    return render_png(data, columns=letterhead.columns)
