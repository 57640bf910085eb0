"""Correcting: a member's name, phone number, e-mail address, birthday or language. The entry says which, never what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from agent.counter.bench import Bench
from agent.counter.details.changing import ChangeAnswer, answer, member_of, profile_with, record, recorded_before
from agent.counter.details.checking import check_others, check_person
from agent.errors import InvalidError, Said
from agent.journal.entry import check_op, encode
from agent.journal.staff.people import check_staff
from agent.ledger import members

CORRECTED: Final = "data_corrected"  # the kind of the entry
FIELDS: Final = ("name", "phone", "email", "birthday", "language")


@dataclass(frozen=True, slots=True)
class CorrectAsk:
    """What is to be put in the place of what was there; `clear` names what is to be forgotten."""

    op: str
    account: str
    name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    birthday: str | None = field(default=None, repr=False)
    language: str | None = None
    clear: tuple[str, ...] = ()
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant; the message never repeats what a person said of himself."""
        check_op(self.op)
        check_staff(self.staff)
        check_person(self.name, self.phone)
        check_others(self.email, self.birthday, self.language)
        said = {key for key in FIELDS if getattr(self, key) is not None}
        if not (said or self.clear) or said & {*self.clear} or not {*self.clear} <= {*FIELDS}:
            raise InvalidError(f"say what is corrected, and clear only other ones of {', '.join(FIELDS)}")

    def change(self) -> dict[str, Any]:
        """Return what is put into the profile."""
        said = {key: getattr(self, key) for key in FIELDS if getattr(self, key) is not None}
        return {**said, **dict.fromkeys(self.clear)}

    def content(self) -> bytes:
        """Return the canonical bytes of all but op and account; they are digested under the member's key only."""
        return encode({"change": self.change(), "staff": self.staff})


def correct(bench: Bench, ask: CorrectAsk, *, by: str) -> ChangeAnswer:
    """Correct what a member said of himself.

    Raises UnknownError for an account that is not there, NotAllowedError for one that is no member's, where this till
    keeps a part only, and when nothing would be left to find the member by.
    """
    before = recorded_before(bench, ask.op, CORRECTED, ask.account, ask.content())
    if before is None:
        account = member_of(bench, ask.account).account
        profile = members.profile_of(bench.ledger, account) or {}
        left = {**profile, **ask.change()}
        if not (left.get("name") or left.get("phone")):
            raise InvalidError("a member needs a name or a phone number", said=Said("name_or_phone"))
        sealed = profile_with(bench, account, ask.change())
        recorded = record(
            bench,
            op=ask.op,
            kind=CORRECTED,
            account=account,
            content=ask.content(),
            body={"changed": sorted(ask.change())},
            by=by,
            staff=ask.staff,
            profiles=(sealed,),
        )
    else:
        recorded = before
    return answer(bench, recorded, changed=tuple(recorded.entry.body["changed"]), repeated=before is not None)
