"""Looking: what a member bought here lately and what it brought; a sale by its receipt, or by amount and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from agent.counter.bench import Bench
from agent.counter.details.consenting import consents_of
from agent.errors import InvalidError
from agent.journal.entry import Entry, decode_entry
from agent.ledger import members
from agent.ledger.ledger import Ledger
from agent.loyalty.sale import Effect, Line, Reason

SEEN_MAX = 20  # of a member's last, or of those that fit
USUAL_MAX = 5
_PROFILED = "profiling/till"  # the consent
_USUAL_OF = 50  # of the last entries of a member
_CHUNK = 2000  # entries looked through at once
_LOOK_BACK = 200_000  # ... and in all: years of a small till, months of a large one
_KINDS = ("sale", "refund", "redemption", "redemption_undone", "adjustment", "action")


@dataclass(frozen=True, slots=True)
class Seen:
    """Something recorded at this till, as it concerns a member.

    `total` and `due` are a sale's, or the money of a refund (below 0), in minor units. `effects` are what the programme
    gave with the reasons it recorded, `reasons` what a refund moved. `is_back`: goods of the sale came back since.
    """

    op: str
    kind: str
    at: str
    staff: str | None
    account: str | None
    total: int | None
    due: int | None
    lines: tuple[Line, ...]
    effects: tuple[Effect, ...]
    reasons: tuple[Reason, ...]
    moved_from: str | None
    is_back: bool


@dataclass(frozen=True, slots=True)
class FindSaleAsk:
    """A sale by its receipt (`op`), or by what was paid (minor units) on a day."""

    op: str | None = None
    amount: int | None = None
    day: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        if (self.op is None) == (self.amount is None) or (self.amount is None) != (self.day is None):
            raise InvalidError("a sale is found by its receipt, or by amount and day")
        if self.day is not None:
            try:
                date.fromisoformat(self.day)
            except ValueError:
                raise InvalidError(f"day {self.day[:20]!r} must be a date like 2026-11-22") from None


@dataclass(frozen=True, slots=True)
class Past:
    """What a member did here: the last visit (`YYYY-MM-DD`), what he usually buys, and what was recorded last."""

    account: str
    last_visit: str | None
    usual: tuple[str, ...] | None
    seen: tuple[Seen, ...]


def past_of(bench: Bench, account: str) -> Past:
    """Return a member's past at this till; what he usually buys only if he agreed to be profiled at the till."""
    account = bench.holder(account).account
    profile = members.profile_of(bench.ledger, account)
    with bench.ledger.reading() as conn:
        rows = conn.execute(
            "SELECT entry.bytes FROM account_entry JOIN entry USING (n) WHERE account = ? ORDER BY n DESC LIMIT ?",
            (account, _USUAL_OF),
        ).fetchall()
    entries = [entry for entry in (decode_entry(data) for (data,) in rows) if entry.kind in _KINDS]
    sales = [entry for entry in entries if entry.kind == "sale"]
    articles = Counter(article for sale in sales for article in {line["article"] for line in sale.body["lines"]})
    usual = tuple(article for article, times in articles.most_common(USUAL_MAX) if times > 1)
    return Past(
        account,
        max((sale.day for sale in sales), default=None),
        usual if consents_of(profile).get(_PROFILED) else None,
        tuple(seen(bench.ledger, entry) for entry in entries[:SEEN_MAX]),
    )


def find_sales(ledger: Ledger, ask: FindSaleAsk) -> tuple[Seen, ...]:
    """Return the sales that fit, the latest first; sales elsewhere are headquarters'."""
    if ask.op is not None:
        found = ledger.find(ask.op)
        return () if found is None or found.entry.kind != "sale" else (seen(ledger, found.entry),)
    entries: list[Entry] = []
    for entry in _of_day(ledger, str(ask.day)):
        if entry.kind == "sale" and ask.amount in (entry.body["due"], entry.body["total"]):
            entries.append(entry)
            if len(entries) == SEEN_MAX:
                break
    return tuple(seen(ledger, entry) for entry in entries)


def seen(ledger: Ledger, entry: Entry) -> Seen:
    """Return an entry as it is shown to who looks into a complaint."""
    body = entry.body
    is_sale = entry.kind == "sale"
    with ledger.reading() as conn:
        back = is_sale and conn.execute("SELECT 1 FROM returned WHERE op = ?", (entry.op,)).fetchone() is not None
    money = -body["money"] if entry.kind == "refund" else None
    return Seen(
        op=entry.op,
        kind=entry.kind,
        at=body.get("sold_at") or body.get("refunded_at") or entry.day,
        staff=entry.staff,
        account=body.get("account"),
        total=body["total"] if is_sale else money,
        due=body["due"] if is_sale else money,
        lines=tuple(Line(**line) for line in body["lines"]) if is_sale else (),
        effects=tuple(Effect.from_map(effect) for effect in body.get("effects", ())),
        reasons=tuple(Reason(reason["code"], reason["numbers"]) for reason in body.get("reasons", ())),
        moved_from=body.get("moved_from"),
        is_back=back,
    )


def _of_day(ledger: Ledger, day: str) -> Iterator[Entry]:
    """Yield the entries of a business day, the latest first; the ledger is let go between two chunks."""
    last = lowest = _end(ledger)
    named = f'"day":"{day}"'.encode()
    while lowest > 0 and last - lowest < _LOOK_BACK:
        with ledger.reading() as conn:
            rows = conn.execute(
                "SELECT bytes FROM entry WHERE n > ? AND n <= ? AND instr(bytes, ?) ORDER BY n DESC",
                (lowest - _CHUNK, lowest, named),
            ).fetchall()
        lowest -= _CHUNK
        yield from (entry for (data,) in rows if (entry := decode_entry(data)).day == day)


def _end(ledger: Ledger) -> int:
    """Return the number of the last entry."""
    with ledger.reading() as conn:
        return int(conn.execute("SELECT coalesce(max(n), 0) FROM entry").fetchone()[0])
