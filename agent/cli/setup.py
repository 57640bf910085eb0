"""`tally config`: what is in force, and whether it can be used."""

from __future__ import annotations

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, show
from agent.config import load_config
from agent.errors import ConfigError

app = typer.Typer(help="Show and check the till's configuration.", no_args_is_help=True)


@app.command("show")
def show_config(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show every setting in force, defaults included.

    Example: tally config show --json
    """
    show(load_config(config).shown(), as_json=as_json)


@app.command("check")
def check_config(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Check the configuration.

    With it the programme that it names, and the devices' settings; no device is opened.

    Example: tally config check --config till.toml
    """
    from agent.devices.loading import build, serves_as
    from agent.loyalty.articles import check_named, read_articles
    from agent.loyalty.programme import load
    from drivers import known_drivers

    settings = load_config(config)
    data = settings.read_programme()
    programme = None if data is None else load(data)
    articles_data = settings.read_articles()
    articles = None if articles_data is None else read_articles(articles_data)
    if programme is not None and articles is not None:
        check_named(programme, articles)
    settings.slips.letterhead()
    if settings.chips is not None:
        settings.chips.read_sun_keys()
    drivers = known_drivers()
    devices = {setup.name: build(setup, drivers) for setup in settings.devices}
    for key, category, name in settings.till.roles:
        if not serves_as(category, devices[name]):
            raise ConfigError(f"[till]: {key!r} {name!r} is a {devices[name].category}, not a {category}")
    result = {
        "file": str(config),
        "till": settings.till.id,
        "programme": programme.name if programme else None,
        "articles": None if articles is None else len(articles.rows),
        "devices": list(devices),
        "ok": True,
    }
    show(result, as_json=as_json)
