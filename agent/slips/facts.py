"""What a slip says, as plain values without personal data: the counter stores it with the sale, the spool renders it.

The facts stand in the ledger beside the entry they belong to, so they follow the journal's rule: account ids instead
of names, whole numbers (money in minor units), strings and lists. The member's first name is looked up when the slip is
rendered and is gone from every later rendering once the member is erased.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, cast, get_args

from agent.errors import TallyError

SlipKind = Literal[
    "sale",
    "redemption",
    "refund",
    "enrolment",
    "voucher",
    "consent",
    "claim",
    "referral",
    "draw",
    "balance",
    "closure",
]


class SlipError(TallyError):
    """A slip cannot be made from what is stored."""

    hint = "the sale stands; call your IT with the receipt number"


@dataclass(frozen=True, slots=True)
class SlipLine:
    """One reason: a line code of `agent.slips.texts` and the numbers and names that fill its template."""

    code: str
    numbers: Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class SlipVoucher:
    """A voucher on a slip: its codes, for a QR code and to type, and its last day (YYYY-MM-DD) if it has one."""

    label: str
    qr: str
    typed: str
    last_day: str | None


@dataclass(frozen=True, slots=True)
class SlipCode:
    """A code on a slip that is no voucher: `said` is a code of `agent.slips.texts` that tells what it is for.

    `typed` and `qr` are what stands below it, to type and as a QR code; either may be empty. A `qr` that begins with ?
    goes on where the shop's web address ends, and without one the code is left out.
    """

    said: str
    typed: str
    qr: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who a slip is for, looked up when it is made; `language` is None if he has not said."""

    name: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class SlipReturns:
    """The code of a sale, by which another till takes its goods back: to type, and for a QR code if one is wanted."""

    typed: str
    qr: str | None


@dataclass(frozen=True, slots=True)
class SlipFacts:
    """What one slip says.

    `op` is the receipt number, `at` the shop's local time (ISO 8601), `currency` an ISO 4217 code, `total` minor units
    of it. `account` is None when no card was shown. `balances` are (label, amount) after the entry, `nearest` is
    (reward, missing, unit label), `punch_cards` are (label, punched, of). `head` is the first 16 hexadecimal digits of
    the entry's chain hash and `seq` its number (0: not known): whoever keeps the slip can show later that the journal
    was not cut or rewritten. A closure's `lines` are the whole report; those without a figure are its headings.
    `training`: nothing of it counts, and the slip says so.
    """

    kind: SlipKind
    op: str
    at: str
    till: str
    currency: str
    total: int | None
    account: str | None
    tier: str | None
    lines: tuple[SlipLine, ...]
    balances: tuple[tuple[str, int], ...]
    nearest: tuple[str, int, str] | None
    punch_cards: tuple[tuple[str, int, int], ...]
    head: str
    seq: int = 0
    vouchers: tuple[SlipVoucher, ...] = ()
    returns: SlipReturns | None = None
    codes: tuple[SlipCode, ...] = ()
    training: bool = False

    def to_json(self) -> dict[str, Any]:
        """The facts as JSON values (maps, lists, strings, integers, null)."""
        return {
            "kind": self.kind,
            "op": self.op,
            "at": self.at,
            "till": self.till,
            "currency": self.currency,
            "total": self.total,
            "account": self.account,
            "tier": self.tier,
            "lines": [{"code": line.code, "numbers": dict(line.numbers)} for line in self.lines],
            "balances": [list(balance) for balance in self.balances],
            "nearest": None if self.nearest is None else list(self.nearest),
            "punch_cards": [list(card) for card in self.punch_cards],
            "head": self.head,
            "seq": self.seq,
            "returns": None if self.returns is None else [self.returns.typed, self.returns.qr],
            "codes": [[one.said, one.typed, one.qr] for one in self.codes],
            "training": self.training,
            "vouchers": [[one.label, one.qr, one.typed, one.last_day] for one in self.vouchers],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The facts that `to_json` wrote; SlipError names what is missing or of the wrong shape."""
        try:
            return cls(
                kind=_kind(stored["kind"]),
                op=stored["op"],
                at=stored["at"],
                till=stored["till"],
                currency=stored["currency"],
                total=stored["total"],
                account=stored["account"],
                tier=stored["tier"],
                lines=tuple(SlipLine(line["code"], line["numbers"]) for line in stored["lines"]),
                balances=tuple((label, amount) for label, amount in stored["balances"]),
                nearest=_nearest(stored["nearest"]),
                punch_cards=tuple((label, punched, of) for label, punched, of in stored["punch_cards"]),
                head=stored["head"],
                seq=stored.get("seq", 0),
                vouchers=tuple(SlipVoucher(*one) for one in stored.get("vouchers", ())),
                returns=None if stored.get("returns") is None else SlipReturns(*stored["returns"]),
                codes=tuple(SlipCode(*one) for one in stored.get("codes", ())),
                training=stored.get("training", False),
            )
        except KeyError as error:
            raise SlipError(f"stored slip facts lack {error.args[0]!r}") from error
        except (TypeError, ValueError) as error:
            raise SlipError(f"stored slip facts have another shape than this version reads: {error}") from error


def _kind(word: str) -> SlipKind:
    if word not in get_args(SlipKind):
        raise SlipError(f"slip kind {word!r} is none of {', '.join(get_args(SlipKind))}")
    return cast("SlipKind", word)


def _nearest(stored: list[Any] | None) -> tuple[str, int, str] | None:
    if stored is None:
        return None
    reward, missing, unit = stored
    return reward, missing, unit
