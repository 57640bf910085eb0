"""What every change of a member's details has in common: the same op is one change, and his profile is sealed anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.counter.answers import EntryRef, MemberView
from agent.counter.bench import Bench, keyed_digest
from agent.counter.finding.proving import with_proofs
from agent.errors import NotAllowedError, OpConflictError, Said
from agent.ledger import members
from agent.ledger.kept.profiles import NewProfile
from agent.ledger.records import Draft, Recorded
from agent.loyalty.sale import Holder, Status


@dataclass(frozen=True, slots=True)
class ChangeAnswer:
    """Whose card or data changed, and `changed`: which of them, in words of the entry. `card`: the new one, if any."""

    entry: EntryRef
    account: str
    card: str | None
    changed: tuple[str, ...]
    member: MemberView
    repeated: bool


def recorded_before(bench: Bench, op: str, kind: str, account: str, content: bytes) -> Recorded | None:
    """Return what was recorded under an op before, digested under the member's own key; OpConflictError if another."""
    before = bench.ledger.find(op)
    if before is None:
        return None
    entry = before.entry
    key = bench.ledger.keys.get(entry.body["account"]) if entry.kind == kind else None
    same = key is not None and before.ask == keyed_digest(content, key)
    if not same or bench.ledger.resolve(account) != bench.ledger.resolve(entry.body["account"]):
        raise OpConflictError(f"op {op!r} was used for another {entry.kind}")
    return before


def member_of(bench: Bench, account: str) -> Holder:
    """Return a registered member; raises UnknownError, and NotAllowedError for an account that is none's yet."""
    holder = bench.holder(account)
    if holder.status is not Status.REGULAR:
        raise NotAllowedError(
            f"account {holder.account!r} is {holder.status}", said=Said("not_joined"), hint="enrol the member first"
        )
    return holder


def profile_with(bench: Bench, account: str, change: Mapping[str, Any]) -> NewProfile:
    """Return the member's profile with a change, sealed.

    Raises NotAllowedError where this till keeps only a first name: the rest would be lost.
    """
    profile = whole_profile(bench, account)
    if profile is None:
        raise NotAllowedError(
            "this till knows the member's first name only, and would lose the rest",
            said=Said("first_name_only"),
            hint="sell with the card first; the rest comes with the next news from headquarters",
        )
    return bench.ledger.keys.seal({**profile, **change}, subject=account, account=account)


def whole_profile(bench: Bench, account: str) -> dict[str, Any] | None:
    """Return all that a member has said of himself, None where this till keeps less than that."""
    profile = members.profile_of(bench.ledger, account)
    return profile if profile is not None and "phone" in profile else None


def record(
    bench: Bench,
    *,
    op: str,
    kind: str,
    account: str,
    content: bytes,
    body: Mapping[str, Any],
    by: str,
    staff: str | None,
    profiles: tuple[NewProfile, ...] = (),
    slip: tuple[str, Mapping[str, Any]] | None = None,
    state: Mapping[str, bytes] | None = None,
) -> Recorded:
    """Append a member's change."""
    bench.ledger.require_room()
    draft = Draft(
        id=bench.ledger.clock.new_id(),
        op=op,
        ask=keyed_digest(content, bench.ledger.keys.get_or_make(account)),
        kind=kind,
        day=bench.when(None).date().isoformat(),
        by=by,
        staff=staff,
        body={"account": account, **body},
        programme=bench.programme.version,
        profiles=profiles,
        slip=slip,
        state=state or {},
    )
    return bench.ledger.append(draft)


def answer(bench: Bench, recorded: Recorded, *, changed: tuple[str, ...], repeated: bool) -> ChangeAnswer:
    """Return a change as it is answered."""
    body = recorded.entry.body
    account, card = bench.ledger.resolve(body["account"]), body.get("card")
    view = with_proofs(bench, bench.view(bench.holder(account), bench.when(None), card=card))
    return ChangeAnswer(EntryRef.of(recorded), account, card, changed, view, repeated)
