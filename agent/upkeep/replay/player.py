"""Plays a plan through a running agent, as a customer, a card reader and point-of-sale software would.

The agent may die and come back at any moment: the card is then shown again and the same op sent again, which has one
effect. Every sale shows its card anew; what the reader said is used for that sale only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, assert_never

import httpx
import orjson

from agent.errors import DeviceError, DeviceTimeoutError, FailureError, OutcomeUnknownError, RefusalError
from agent.upkeep.replay.events import Event, EventStream
from agent.upkeep.replay.feed import Feeder
from agent.upkeep.replay.plan import Planned, PlannedRefund, PlannedSale, ReturnedLine, SaleLine, Skipped, SkipReason

BACKOFF_FIRST_S = 0.02
BACKOFF_MAX_S = 1.0
CARD_NOTICES = {"bank_card", "swipe_again", "unknown_card"}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for a shown card, for an answer, and for one invoice with all its repetitions."""

    card_s: float = 2.0
    answer_s: float = 10.0
    invoice_s: float = 60.0


@dataclass(frozen=True, slots=True)
class ReplaySummary:
    """What was played so far; money in minor units, as the agent answered it.

    `lines` counts lines sent; `repeated` answers to an op the agent had already; `reconnects` every time a card or a
    request had to be tried again.
    """

    sales: int = 0
    refunds: int = 0
    write_offs: int = 0
    a_invoices: int = 0
    lines: int = 0
    sales_money: int = 0
    refunds_money: int = 0
    repeated: int = 0
    reconnects: int = 0
    seconds: float = 0.0

    @property
    def sales_per_s(self) -> float:
        """Sales for each second of the whole replay."""
        return self.sales / self.seconds if self.seconds else 0.0


def play(
    plan: Iterable[Planned],
    *,
    url: str,
    token: str,
    feeder: Feeder,
    patience: Patience = Patience(),
    on_progress: Callable[[ReplaySummary], None] | None = None,
) -> ReplaySummary:
    """Play `plan` through the agent at `url` and return what was played; call `on_progress` after every invoice.

    Raises RefusalError when the agent refuses, OutcomeUnknownError when it stays away for `patience.invoice_s`,
    DeviceError when the card does not get through the reader in that time.
    """
    summary = ReplaySummary()
    started = time.monotonic()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with httpx.Client(base_url=url, headers=headers, timeout=patience.answer_s, trust_env=False) as client:
        player = _Player(client, feeder, patience)
        try:
            for planned in plan:
                counted = _skip(planned, summary) if isinstance(planned, Skipped) else player.play(planned, summary)
                summary = replace(counted, reconnects=player.reconnects, seconds=time.monotonic() - started)
                if on_progress is not None:
                    on_progress(summary)
        finally:
            player.close()
    return summary


def _skip(skipped: Skipped, summary: ReplaySummary) -> ReplaySummary:
    match skipped.reason:
        case SkipReason.WRITE_OFF:
            return replace(summary, write_offs=summary.write_offs + 1)
        case SkipReason.A_INVOICE:
            return replace(summary, a_invoices=summary.a_invoices + 1)
        case _:
            assert_never(skipped.reason)


class _Player:
    """One till's customers, one after the other."""

    def __init__(self, client: httpx.Client, feeder: Feeder, patience: Patience) -> None:
        self._client = client
        self._events = EventStream(client)
        self._feeder = feeder
        self._patience = patience
        self._owners: dict[str, int] = {}  # account -> customer: only to know a late event for somebody else's card
        self.reconnects = 0

    def close(self) -> None:
        self._events.close()

    def play(self, planned: PlannedSale | PlannedRefund, summary: ReplaySummary) -> ReplaySummary:
        """Play one invoice and return `summary` with it."""
        answer = self._until_answered(planned)
        counted = replace(
            summary, lines=summary.lines + len(planned.lines), repeated=summary.repeated + bool(answer["repeated"])
        )
        if isinstance(planned, PlannedSale):
            return replace(counted, sales=summary.sales + 1, sales_money=summary.sales_money + answer["total"])
        return replace(counted, refunds=summary.refunds + 1, refunds_money=summary.refunds_money + answer["money"])

    def _until_answered(self, planned: PlannedSale | PlannedRefund) -> dict[str, Any]:
        deadline = time.monotonic() + self._patience.invoice_s
        backoff_s = BACKOFF_FIRST_S
        while True:
            try:
                return self._once(planned)
            except (httpx.TransportError, OutcomeUnknownError, DeviceError) as error:
                if time.monotonic() > deadline:
                    raise _gave_up(planned, error, self._patience.invoice_s) from error
            self.reconnects += 1
            time.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, BACKOFF_MAX_S)

    def _once(self, planned: PlannedSale | PlannedRefund) -> dict[str, Any]:
        if planned.customer is None:
            return self._post(planned, {})
        try:
            return self._post(planned, self._read_card(planned.customer))
        finally:
            self._feeder.withdraw()

    def _read_card(self, customer: int) -> dict[str, Any]:
        """Show the card and return the account and card that the agent's member event names."""
        try:
            self._events.connect(silence_s=self._patience.card_s)
        except httpx.HTTPStatusError as error:
            raise _refusal("GET /v1/events", error.response) from None
        self._feeder.present(customer)
        until = time.monotonic() + self._patience.card_s
        try:
            while event := self._events.read(until=until):
                if self._is_for(event, customer):
                    self._owners[event.data["account"]] = customer
                    return {key: event.data[key] for key in ("account", "card") if event.data[key] is not None}
        except httpx.ReadTimeout:
            pass  # the agent lives and has nothing to say
        raise DeviceTimeoutError(
            f"no member event for the card of customer {customer} within {self._patience.card_s} s",
            hint="name the fed device in till.toml; `tally devices` says how it is",
        )

    def _is_for(self, event: Event, customer: int) -> bool:
        if event.name == "notice" and event.data["code"] in CARD_NOTICES:
            raise FailureError(f"the till answers the card of customer {customer} with {event.data['code']}")
        return event.name == "member" and self._owners.get(event.data["account"], customer) == customer

    def _post(self, planned: PlannedSale | PlannedRefund, member: dict[str, Any]) -> dict[str, Any]:
        path, time_of = ("sales", "sold_at") if isinstance(planned, PlannedSale) else ("refunds", "refunded_at")
        body = {
            "op": planned.op,
            time_of: planned.at.isoformat(),
            "lines": [_line(line) for line in planned.lines],
            **member,
        }
        response = self._client.post(f"/v1/{path}", content=orjson.dumps(body))
        if not response.is_success:
            raise _refusal(f"invoice {planned.op}", response)
        answer: dict[str, Any] = orjson.loads(response.content)
        if response.status_code == httpx.codes.ACCEPTED:  # kept aside: its op is asked for until it is entered
            why = answer["why"]
            raise OutcomeUnknownError(f"invoice {planned.op}: {answer['text']}: {why['message']}", hint=why["hint"])
        return answer


def _line(line: SaleLine | ReturnedLine) -> dict[str, Any]:
    if isinstance(line, ReturnedLine):
        return {"sale": line.sale, "line": line.line, "quantity": line.quantity}
    body = {"article": line.article, "quantity": line.quantity, "amount": line.amount}
    return body if line.category is None else {**body, "category": line.category}


def _refusal(what: str, response: httpx.Response) -> RefusalError | OutcomeUnknownError:
    """Return the error of an answer that is none; a server's own trouble (5xx) may pass, a refusal will not."""
    try:
        error = orjson.loads(response.content)["error"]
        text, hint = error["message"], error["hint"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        text, hint = response.text[:200], None
    kind = OutcomeUnknownError if response.is_server_error else RefusalError
    return kind(f"{what}: the agent answers {response.status_code}: {text}", hint=hint)


def _gave_up(
    planned: PlannedSale | PlannedRefund, error: Exception, patience_s: float
) -> DeviceError | OutcomeUnknownError:
    if isinstance(error, DeviceError):
        return error
    return OutcomeUnknownError(
        f"invoice {planned.op} has no answer after {patience_s} s: {error}",
        hint="start the agent and replay again: what it has already is not played twice",
    )
