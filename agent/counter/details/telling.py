"""What the cashier is shown before data or cards are changed: enough to know what to ask, too little to read out."""

from __future__ import annotations

from dataclasses import dataclass

from agent.counter.bench import Bench
from agent.counter.cards.having import CardView, cards_of
from agent.counter.details.changing import whole_profile
from agent.counter.details.consenting import consents_of
from agent.ledger import members
from agent.ledger.kept.profiles.forms import phone_end
from agent.ledger.members import masked_name


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A question that the programme asks, and the member's answer; None if he has not been asked."""

    purpose: str
    channel: str
    given: bool | None


@dataclass(frozen=True, slots=True)
class Details:
    """A member's data, masked: an e-mail address by its first letter and its domain, of a birthday that it is known.

    `whole`: this till keeps all of it and may correct it. `text` is the version of the text that is in force,
    `text_read` the one that the member read.
    """

    account: str
    masked: str | None
    phone_end: str | None
    email: str | None
    has_birthday: bool
    language: str | None
    has_pin: bool
    whole: bool
    consents: tuple[ConsentView, ...]
    text: str
    text_read: str | None
    cards: tuple[CardView, ...]


def details_of(bench: Bench, account: str) -> Details:
    """Return what is known of a member; raises UnknownError."""
    account = bench.holder(account).account
    profile = members.profile_of(bench.ledger, account) or {}
    said, policy = consents_of(profile), bench.programme.consent
    return Details(
        account=account,
        masked=masked_name(profile),
        phone_end=phone_end(str(profile.get("phone") or "")),
        email=_masked_email(profile.get("email")),
        has_birthday=bool(profile.get("birthday")),
        language=profile.get("language"),
        has_pin=profile.get("pin") is not None,
        whole=whole_profile(bench, account) is not None,
        consents=tuple(
            ConsentView(purpose, channel, said.get(f"{purpose}/{channel}"))
            for purpose in policy.purposes
            for channel in policy.channels
        ),
        text=policy.text,
        text_read=profile.get("consent_text"),
        cards=tuple(card.view() for card in cards_of(bench, account)),
    )


def _masked_email(email: str | None) -> str | None:
    if not email:
        return None
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}...@{domain}"
