"""The slip's face: facts and a letterhead become a Document for paper of 32, 42 or 48 columns.

From the top: who the shop is, what was earned and why, the balance, the punch cards as punches, what is missing to the
next reward, where to look it up, and at the foot the receipt and the journal's proof, unless the shop's template says
otherwise. 42 columns is the width it is designed for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from agent.devices.document import Align, Block, Cut, Document, Feed, QRCode, Rule, Text, small_columns
from agent.slips import columns as paper
from agent.slips.facts import Addressee, SlipCode, SlipFacts
from agent.slips.punches import PUNCHES_MAX, punch_card
from agent.slips.settings import Letterhead
from agent.slips.texts import LANGUAGES, Phrase, moment_text, phrase

DOT_COLUMN: Final = 12  # dots of a font A cell
_NOBODY: Final = Addressee()
_INDENT: Final = "  "
_HEAD: Final = frozenset(
    {"logo", "shop", "address", "title", "report"}
)  # parts that no rule divides from the one above


def lay_out(facts: SlipFacts, letterhead: Letterhead, to: Addressee = _NOBODY, *, copy: int = 0) -> Document:
    """The whole slip, in the language of whom it is for, or the till's; copy number `copy`, 0 for the first print.

    NoTextError for an unknown code.
    """
    language = to.language if to.language in LANGUAGES else letterhead.language
    slip = _Slip(facts, letterhead, to.name, language, copy)
    return Document(letterhead.columns, tuple(slip.whole()))


@dataclass(frozen=True, slots=True)
class _Slip:
    facts: SlipFacts
    letterhead: Letterhead
    name: str | None
    language: str
    copy: int

    def whole(self) -> Iterator[Block]:
        yield from self.marks()
        for part in self.letterhead.template.parts_of(self.facts.kind):
            blocks = list(_PARTS[part](self) if part in _PARTS else self.own_lines(part))
            if blocks and part not in _HEAD:
                yield Rule()
            yield from blocks
        yield Cut()

    def marks(self) -> Iterator[Block]:
        """What a slip that is not the one and only says of itself, first of all."""
        if self.copy:
            yield from self.centred(self.said("copy", {"count": self.copy}).text, bold=True, double=True)
        if self.facts.training:
            yield from self.centred(self.said("training", {}).text, bold=True, double=True)

    def logo(self) -> Iterator[Block]:
        if self.letterhead.logo is not None:
            yield self.letterhead.logo
            yield Feed()

    def shop(self) -> Iterator[Block]:
        return self.centred(self.letterhead.shop, bold=True, double=True)

    def address(self) -> Iterator[Block]:
        for line in (*self.letterhead.address, self.letterhead.contact):
            yield from self.centred(line)
        yield Feed()

    def title(self) -> Iterator[Block]:
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

    def report(self) -> Iterator[Block]:
        """A closure: its name, then sections of figures; a line without a figure is a heading."""
        title, *lines = (self.said(line.code, line.numbers) for line in self.facts.lines)
        yield from self.centred(title.text, bold=True, double=True)
        yield Feed()
        for said in lines:
            if said.value:
                yield from self.row(said)
            else:
                yield Rule()
                yield from self.centred(said.text, bold=True)

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
        for number, voucher in enumerate(self.facts.vouchers):
            if number:
                yield Rule()
            yield from self.centred(voucher.label, bold=True, double=True)
            if voucher.last_day is not None:
                yield from self.centred(self.said("voucher_until", {"until": voucher.last_day}).text)
            yield from _scanned(voucher.qr)
            yield from self.centred(_in_fours(voucher.typed), bold=True)

    def codes(self) -> Iterator[Block]:
        on_web = self._address() != ""
        for number, code in enumerate(code for code in self.facts.codes if on_web or not code.qr.startswith("?")):
            if number:
                yield Rule()
            yield from self.code(code)

    def code(self, code: SlipCode) -> Iterator[Block]:
        """A code and what it is for."""
        yield from self.centred(self.said(code.said, {}).text)
        if code.qr:
            yield from _scanned(_going_on(self._address(), code.qr) if code.qr.startswith("?") else code.qr)
        yield from self.centred(_in_fours(code.typed), bold=True)

    def signature(self) -> Iterator[Block]:
        """Where a consent is signed: on the rule of the part below."""
        if self.facts.kind == "consent":
            yield from self.row(self.said("signature", {}))
            yield Feed(3)

    def web(self) -> Iterator[Block]:
        if address := self._address():
            yield from self.centred(self.said("web", {}).text)
            yield from self.centred(address.partition("://")[2] or address, bold=True)
            yield from _scanned(address)

    def _address(self) -> str:
        """The shop's web address, as a QR code holds it; what a code's begins with ? goes on."""
        return paper.clean(self.letterhead.web).replace(paper.FIRM_SPACE, " ")

    def returns(self) -> Iterator[Block]:
        """The code by which another till takes the goods back."""
        if self.facts.returns is not None:
            yield from self.code(SlipCode("returns", self.facts.returns.typed, self.facts.returns.qr or ""))

    def receipt(self) -> Iterator[Block]:
        """The receipt, and in small type the entry and the journal's proof."""
        at = moment_text(self.facts.at, self.language)
        entry = {"op": self.facts.op, "till": self.facts.till, "seq": str(self.facts.seq)}
        for said in (self.said("receipt", entry), self.said("proof", {"at": at, "head": self.facts.head})):
            for line in paper.row(said.text, said.value, small_columns(self.letterhead.columns)):
                yield Text(line, small=True)
        yield from self.marks()

    def own_lines(self, part: str) -> Iterator[Block]:
        """A part that the shop wrote."""
        words = {
            "shop": self.letterhead.shop,
            "contact": self.letterhead.contact,
            "web": self.letterhead.web,
            "till": self.facts.till,
            "receipt": self.facts.op,
            "name": self.name or "",
            "tier": self.facts.tier or "",
        }
        template = self.letterhead.template
        for line in template.lines_of(part, self.language, self.letterhead.language, words):
            yield from self.centred(line)

    def said(self, code: str, numbers: Mapping[str, int | str]) -> Phrase:
        return phrase(code, numbers, self.facts.currency, self.language)

    def row(self, said: Phrase, *, bold: bool = False) -> Iterator[Block]:
        yield from (Text(line, bold=bold) for line in paper.row(said.text, said.value, self.letterhead.columns))
        yield from (Text(f"{_INDENT}{line}") for line in paper.wrap(said.more, self.letterhead.columns - len(_INDENT)))

    def centred(self, text: str, *, bold: bool = False, double: bool = False) -> Iterator[Block]:
        """Lines in the middle; what would be broken in double size is printed in single size."""
        columns = self.letterhead.columns
        fits = paper.width(paper.clean(text)) * 2 <= columns
        for line in paper.wrap(text, columns):
            yield Text(line, Align.CENTER, bold=bold, double=double and fits)


_PARTS: Final[Mapping[str, Callable[[_Slip], Iterator[Block]]]] = {
    "logo": _Slip.logo,
    "shop": _Slip.shop,
    "address": _Slip.address,
    "title": _Slip.title,
    "earned": _Slip.earned,
    "balances": _Slip.balances,
    "punch_cards": _Slip.punch_cards,
    "nearest": _Slip.nearest,
    "vouchers": _Slip.vouchers,
    "codes": _Slip.codes,
    "signature": _Slip.signature,
    "web": _Slip.web,
    "returns": _Slip.returns,
    "report": _Slip.report,
    "receipt": _Slip.receipt,
}


def _scanned(data: str) -> Iterator[Block]:
    """A QR code in its quiet zone (ISO/IEC 18004, 6.3.8: four modules)."""
    yield Feed()
    yield QRCode(data)
    yield Feed()


def _going_on(address: str, query: str) -> str:
    """An address with a query (RFC 3986, 3.4) after what it has of one."""
    return f"{address}&{query[1:]}" if "?" in address else address + query


def _in_fours(code: str) -> str:
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))
