"""The slip's face: facts and a letterhead become a Document for paper of 32, 42 or 48 columns.

From the top: who the shop is, what was earned and why, the balance, the punch cards as punches, what is missing to the
next reward, where to look it up, and at the foot the receipt and the journal's proof. 42 columns is the width it is
designed for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from agent.devices.document import Align, Block, Cut, Document, Feed, QRCode, Rule, Text
from agent.slips import columns as paper
from agent.slips.facts import SlipFacts
from agent.slips.punches import PUNCHES_MAX, punch_card
from agent.slips.settings import Letterhead
from agent.slips.texts import Phrase, phrase

DOT_COLUMN: Final = 12  # dots of a font A cell
_INDENT: Final = "  "


def lay_out(facts: SlipFacts, letterhead: Letterhead, *, name: str | None) -> Document:
    """The whole slip. `name` is the member's first name, if the till may know it; NoTextError for an unknown code."""
    slip = _Slip(facts, letterhead, name)
    parts = (slip.head(), slip.blocks(), slip.vouchers(), slip.web(), slip.returns(), slip.foot())
    return Document(letterhead.columns, tuple(block for part in parts for block in part))


@dataclass(frozen=True, slots=True)
class _Slip:
    facts: SlipFacts
    letterhead: Letterhead
    name: str | None

    def head(self) -> Iterator[Block]:
        if self.letterhead.logo is not None:
            yield self.letterhead.logo
            yield Feed()
        yield from self.centred(self.letterhead.shop, bold=True, double=True)
        for line in (*self.letterhead.address, self.letterhead.contact):
            yield from self.centred(line)
        yield Feed()

    def blocks(self) -> Iterator[Block]:
        """What the slip is about: the member, what was earned, balance, punch cards, the next reward."""
        yield from self.greeting()
        for section in (self.earned(), self.balances(), self.punch_cards(), self.nearest()):
            if blocks := list(section):
                yield Rule()
                yield from blocks

    def greeting(self) -> Iterator[Block]:
        code, name = f"title_{self.facts.kind}", paper.clean(self.name or "")
        title = self.said(f"{code}_named", {"name": name}) if name else self.said(code, {})
        yield from self.centred(title.text, bold=True)
        if self.facts.tier:
            yield from self.centred(self.said("tier", {"tier": self.facts.tier}).text)

    def earned(self) -> Iterator[Block]:
        if self.facts.total is not None:
            yield from self.row(self.said("total", {"total": self.facts.total}), bold=True)
        for line in self.facts.lines:
            yield from self.row(self.said(line.code, line.numbers))

    def balances(self) -> Iterator[Block]:
        if self.facts.balances:
            yield from self.centred(self.said("balance", {}).text)
        for label, units in self.facts.balances:
            said = self.said("balance_of", {"label": label, "units": units})
            yield from self.centred(said.text, bold=True, double=True)

    def punch_cards(self) -> Iterator[Block]:
        for label, punched, of in self.facts.punch_cards:
            yield from self.row(self.said("punched", {"label": label, "punched": punched, "of": of}), bold=True)
            if 0 < of <= PUNCHES_MAX:
                yield punch_card(punched=punched, of=of, width_px=self.letterhead.columns * DOT_COLUMN)

    def nearest(self) -> Iterator[Block]:
        if self.facts.nearest is None:
            return
        reward, missing, unit = self.facts.nearest
        said = self.said("still_missing", {"units": missing, "unit": unit}) if missing > 0 else self.said("ready", {})
        yield from self.centred(self.said("nearest", {}).text)
        yield from self.centred(reward, bold=True)
        yield from self.centred(said.text, bold=True, double=True)

    def vouchers(self) -> Iterator[Block]:
        """Each voucher with its code to scan and to type, in groups of four."""
        for voucher in self.facts.vouchers:
            yield Rule()
            yield from self.centred(voucher.label, bold=True, double=True)
            if voucher.last_day is not None:
                yield from self.centred(self.said("voucher_until", {"until": voucher.last_day}).text)
            yield QRCode(voucher.qr)
            yield from self.centred(_in_fours(voucher.typed), bold=True)

    def web(self) -> Iterator[Block]:
        address = paper.clean(self.letterhead.web)
        if address:
            yield Rule()
            yield from self.centred(self.said("web", {}).text)
            yield from self.centred(address.partition("://")[2] or address, bold=True)
            yield Feed()
            yield QRCode(address)
            yield Feed()

    def returns(self) -> Iterator[Block]:
        """The code by which another till takes the goods back."""
        if self.facts.returns is not None:
            yield Rule()
            yield from self.centred(self.said("returns", {}).text)
            if self.facts.returns.qr is not None:
                yield QRCode(self.facts.returns.qr)
            yield from self.centred(_in_fours(self.facts.returns.typed))

    def foot(self) -> Iterator[Block]:
        at = self.facts.at[:16].replace("T", " ")  # minutes are enough on paper; the journal has the rest
        yield Rule()
        yield from self.row(self.said("receipt", {"op": self.facts.op, "till": self.facts.till}))
        yield from self.row(self.said("proof", {"at": at, "head": self.facts.head}))
        yield Cut()

    def said(self, code: str, numbers: Mapping[str, int | str]) -> Phrase:
        return phrase(code, numbers, self.facts.currency, self.letterhead.language)

    def row(self, said: Phrase, *, bold: bool = False) -> Iterator[Block]:
        yield from (Text(line, bold=bold) for line in paper.row(said.text, said.value, self.letterhead.columns))
        yield from (Text(f"{_INDENT}{line}") for line in paper.wrap(said.more, self.letterhead.columns - len(_INDENT)))

    def centred(self, text: str, *, bold: bool = False, double: bool = False) -> Iterator[Block]:
        """Lines in the middle; what would be broken in double size is printed in single size."""
        columns = self.letterhead.columns
        fits = paper.width(paper.clean(text)) * 2 <= columns
        for line in paper.wrap(text, columns):
            yield Text(line, Align.CENTER, bold=bold, double=double and fits)


def _in_fours(code: str) -> str:
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))
