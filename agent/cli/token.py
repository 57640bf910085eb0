"""`tally token`: who may use the local API."""

from __future__ import annotations

from typing import Annotated

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, show
from agent.config import load_config
from agent.upkeep.running import require_running
from agent.web.tokens import Scope, Tokens

app = typer.Typer(help="Name who may use the local API, and with which scope.", no_args_is_help=True)


@app.command("add")
def add(
    scope: Annotated[Scope, typer.Argument(help="What the token may do.")],
    name: Annotated[str, typer.Argument(help="Who holds it; recorded in every entry it causes.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it once.

    Example: tally token add pos checkout
    """
    secret = Tokens(load_config(config).till.tokens).add(scope, name)
    show({"name": name, "scope": str(scope), "token": secret}, as_json=as_json)


@app.command("enter")
def enter(
    name: Annotated[str, typer.Argument(help="A token of scope screen or display; made, for a screen, if none.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Print an address that lets a browser in, as screen or display.

    Once, within a minute.

    Example: tally token enter checkout-screen
    """
    till = load_config(config).till
    running = require_running(till.folder)
    tokens = Tokens(till.tokens)
    if all(token.name != name for token in tokens.all()):
        tokens.add(Scope.SCREEN, name)
    show({"url": f"{running.url}/enter?code={tokens.one_time_code(name)}"}, as_json=as_json)


@app.command("list")
def list_tokens(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the tokens; their secrets are kept nowhere.

    Example: tally token list
    """
    tokens = Tokens(load_config(config).till.tokens).all()
    show([{"name": token.name, "scope": str(token.scope)} for token in tokens], as_json=as_json)


@app.command("revoke")
def revoke(
    name: Annotated[str, typer.Argument(help="The token's name.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Take a token back.

    Example: tally token revoke checkout
    """
    Tokens(load_config(config).till.tokens).revoke(name)
    show({"name": name, "revoked": True}, as_json=as_json)
