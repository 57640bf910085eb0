"""`tally member`: find, show and enrol members."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, read_ledger, show, take_ledger
from agent.config import Config, load_config
from agent.devices.firewall.recognise import OwnCard, recognise
from agent.errors import InvalidError, UnknownError
from agent.loyalty.cards import Source
from agent.upkeep.running import find_running

if TYPE_CHECKING:
    from agent.counter import Counter, MemberView
    from agent.ledger.ledger import Ledger

app = typer.Typer(help="Find, show and enrol members.", no_args_is_help=True)

_BY = "cli"


@contextmanager
def _counter(ledger: Ledger) -> Iterator[Counter]:
    from agent.counter import Counter
    from agent.ledger.kept import programmes

    try:
        yield Counter(ledger, programmes.current(ledger), recorded=lambda: None)
    finally:
        ledger.close()


@app.command("find")
def find(
    phone: Annotated[str | None, typer.Option(help="A phone number, however its country is written.")] = None,
    email: Annotated[str | None, typer.Option(help="An e-mail address.")] = None,
    name: Annotated[str | None, typer.Option(help="Words of a name, about as they are written.")] = None,
    card: Annotated[str | None, typer.Option(help="A card's number.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Find members by phone, e-mail, name or card.

    A name is found with a typo in it or in other letters, too; the nearest comes first.

    Example: tally member find --phone "07911 123456"
    """
    from agent.counter import FindAsk

    if sum(value is not None for value in (phone, email, name, card)) != 1:
        raise typer.BadParameter("give one of --phone, --email, --name and --card")
    ledger = read_ledger(config)
    with _counter(ledger) as counter:
        if card is not None:
            found = _by_card(ledger, counter, card)
        else:
            found = counter.find(FindAsk(phone, email, name), by=_BY)
    show([_row(view) for view in found], as_json=as_json)


def _by_card(ledger: Ledger, counter: Counter, text: str) -> list[MemberView]:
    from agent.ledger import members

    ranges = counter.programme.cards if counter.programme else ()
    match recognise(text, ranges):
        case OwnCard(number, source):
            held = members.card_holder(ledger, number, source)
            return [] if held is None else [counter.member(held.account)]
        case _:
            raise UnknownError("that is not a card of this programme")


@app.command("show")
def show_member(
    account: Annotated[str, typer.Argument(help="The member's account.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show a member: status, tier, balances, what is nearest.

    Example: tally member show c3mobyiptk6arv4f
    """
    with _counter(read_ledger(config)) as counter:
        show(_row(counter.member(account)), as_json=as_json)


@app.command("explain")
def explain(
    account: Annotated[str, typer.Argument(help="The member's account.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Derive a member's balances entry by entry.

    From the journal alone, lot by lot. Exit status 1 if the till's tables hold anything else.

    Example: tally member explain c3mobyiptk6arv4f
    """
    from agent.ledger import members
    from agent.upkeep.history import history

    ledger = read_ledger(config)
    try:
        derived = history(ledger, account)
        held = members.holder(ledger, account)
    finally:
        ledger.close()
    if held is None:
        raise UnknownError(f"no account ending in {account[-4:]!r} on this till")
    differing = derived.differences(held)
    balances = {unit: derived.holder(held.status).balance(unit) for unit in sorted({unit for unit, _ in derived.lots})}
    wrong = [{"unit": u, "lot": lot, "derived": is_, "held": has} for (u, lot), (is_, has) in differing.items()]
    steps = [asdict(step) for step in derived.steps]
    if as_json:
        show({"account": derived.account, "steps": steps, "balances": balances, "differences": wrong}, as_json=True)
    else:
        show(steps, as_json=False)
        typer.echo("")
        show(balances, as_json=False)
        if wrong:
            typer.echo("\nthe tables differ: mend them by `tally ledger rebuild`")
            show(wrong, as_json=False)
    if wrong:
        raise typer.Exit(1)


def _row(view: MemberView) -> dict[str, Any]:
    nearest = view.nearest
    return {
        "account": view.account,
        "status": view.status,
        "name": view.name,
        "phone": None if view.phone_end is None else f"\u2026{view.phone_end}",
        "tier": view.tier,
        "balances": dict(view.balances),
        "nearest": None if nearest is None else f"{nearest.missing} {nearest.unit_label} to {nearest.label}",
    }


@app.command("enrol")
def enrol(
    op: Annotated[str, typer.Option(help="A name of your own for this enrolment; the same again changes nothing.")],
    name: Annotated[str | None, typer.Option(help="The member's name.")] = None,
    phone: Annotated[str | None, typer.Option(help="The member's phone number.")] = None,
    email: Annotated[str | None, typer.Option(help="The member's e-mail address.")] = None,
    birthday: Annotated[str | None, typer.Option(help="The member's birthday, YYYY-MM-DD.")] = None,
    card: Annotated[str | None, typer.Option(help="The card's number.")] = None,
    referred_by: Annotated[str | None, typer.Option(help="The code of the member who brings this one.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Enrol a member, through the running agent if there is one.

    Example: tally member enrol --op E-1 --name "Ana Pop" --card 982600123465
    """
    from agent.counter import EnrolAsk

    settings = load_config(config)
    running = find_running(settings.till.folder)
    said = {"op": op, "name": name, "phone": phone, "email": email, "birthday": birthday, "card": card}
    said["referred_by"] = referred_by
    asked = {key: value for key, value in said.items() if value is not None}
    if running is not None:
        answer = running.ask("POST", "/v1/members", asked)
        show({key: answer[key] for key in ("account", "card", "repeated")}, as_json=as_json)
        return
    _refuse_what_the_api_refuses(asked)
    with _counter(take_ledger(settings)) as counter:
        number, source = _own_card(card, counter)
        ask = EnrolAsk(op, name, phone, email, birthday, number, referred_by=referred_by)
        enrolled = counter.enrol(ask, source=source, by=_BY)
    show({"account": enrolled.account, "card": enrolled.card, "repeated": enrolled.repeated}, as_json=as_json)


@app.command("link")
def link(
    account: Annotated[str, typer.Argument(help="The member's account.")],
    op: Annotated[str, typer.Option(help="A name of your own for this; the same again changes nothing.")],
    role: Annotated[str, typer.Option(help="spend: may do anything; earn: only collects.")] = "spend",
    card: Annotated[str | None, typer.Option(help="The card's number.")] = None,
    name: Annotated[str | None, typer.Option(help="The name of the person who has it.")] = None,
    phone: Annotated[str | None, typer.Option(help="The phone number of that person.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Add a card or a person to a member's account.

    Through the running agent if there is one.

    Example: tally member link c3mobyiptk6arv4f --op L-1 --card 982600123473 --name "Ion Pop" --role earn
    """
    from agent.counter import LinkAsk

    settings = load_config(config)
    running = find_running(settings.till.folder)
    if running is not None:
        asked = {"op": op, "role": role, "card": card, "name": name, "phone": phone}
        told = {key: value for key, value in asked.items() if value is not None}
        answer = running.ask("POST", f"/v1/members/{account}/cards", told)
        show({key: answer[key] for key in ("account", "card", "role", "repeated")}, as_json=as_json)
        return
    with _counter(take_ledger(settings)) as counter:
        number, source = _own_card(card, counter)
        linked = counter.link(LinkAsk(op, account, role, number, name, phone), source=source, by=_BY)
    answered = {"account": linked.account, "card": linked.card, "role": linked.role, "repeated": linked.repeated}
    show(answered, as_json=as_json)


_PENDING = {
    "search": "search rows are still being swept",
    "reader": "another program reads the ledger or its keys",
    "request": "headquarters has not answered the last request, and the profile is in it",
}


@app.command("erase")
def erase(
    account: Annotated[str, typer.Argument(help="The member's account.")],
    op: Annotated[str, typer.Option(help="A name of your own for this; the same again says what is still pending.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Erase a member for good.

    Name, phone number, e-mail address, birthday and card numbers are destroyed, of every person on the account; it
    cannot be taken back. What was sold stays in the books, nobody's. Through the running agent if there is one.

    Example: tally member erase c3mobyiptk6arv4f --op E-2 --yes
    """
    settings = load_config(config)
    if not yes:
        typer.confirm(f"Erase {account} and everybody on it for good?", abort=True, err=True)
    running = find_running(settings.till.folder)
    if running is not None:
        answer = running.ask("POST", f"/v1/members/{account}/erasure", {"op": op}, limit_s=60)
        pending = answer["pending"]
    else:
        answer, pending = _erase_here(settings, account, op)
    said = [_PENDING.get(word, word) for word in pending]
    show({"account": answer["account"], "pending": said, "repeated": answer["repeated"]}, as_json=as_json)


def _erase_here(settings: Config, account: str, op: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Erase without an agent, and finish what can be finished."""
    from agent.counter import EraseAsk
    from agent.ledger.kept.forgetting import erasing, wiping

    ledger = take_ledger(settings)
    with _counter(ledger) as counter:
        answer = counter.erase(EraseAsk(op, account), by=_BY)
        pending = answer.pending
        while pending == (wiping.SEARCH,):
            pending = erasing.finish(ledger, seconds=10)
    return asdict(answer), pending


def _refuse_what_the_api_refuses(asked: dict[str, str]) -> None:
    """Raise InvalidError for a field that the local API would not take, a payment card's number above all."""
    from pydantic import ValidationError

    from agent.web.api.requests.form import explain
    from agent.web.api.requests.joining import EnrolmentBody

    try:
        EnrolmentBody.model_validate(asked)
    except ValidationError as error:
        raise explain(error.errors()) from None


def _own_card(text: str | None, counter: Counter) -> tuple[str | None, Source]:
    if text is None:
        return None, Source.NUMBER
    match recognise(text, counter.programme.cards if counter.programme else ()):
        case OwnCard(number, source):
            return number, source
        case _:
            raise InvalidError("the card's number is not one of this programme")
