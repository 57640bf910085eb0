"""The demo: headquarters and a till play real baskets; headquarters goes away and comes back; the halves match."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from agent.errors import TallyError
from agent.upkeep.replay.baskets import read_baskets
from agent.upkeep.replay.feed import card_number, open_feeder
from agent.upkeep.replay.plan import Planned, plan
from agent.upkeep.replay.player import ReplaySummary, play
from play.halves import Half, hq_half, till_half
from play.house import House

BASKETS = Path("config/demo/baskets.csv")
AGREE_S = 60.0
KNOWN_CUSTOMER = 14911  # bought most often in the bundled invoices


@dataclass(frozen=True, slots=True)
class Demo:
    """What was played, and what both halves say of it."""

    replay: ReplaySummary
    sold_without_line: int
    till: Half
    hq: Half
    agree: bool
    slips: int


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the summary.")] = False,  # noqa: FBT002 - typer's way
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,  # noqa: FBT002
) -> None:
    """Play a few hundred real invoices through a till and headquarters, with headquarters away half-way."""
    say = _say_nothing if as_json else typer.echo
    folder = Path(tempfile.mkdtemp(prefix="tallystick-demo-"))
    try:
        with House(folder) as house:
            played = _play(house, say)
            _print(played, as_json=as_json)
            if not once:
                _stay(house, say)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    raise typer.Exit(0 if played.agree else 1)


def _say_nothing(_text: str) -> None:
    pass


def _play(house: House, say: Any) -> Demo:
    planned = list(plan(read_baskets(BASKETS)))
    say(f"headquarters listens on {house.hq_url}, the till on {house.running.url}")
    away = _Away(house, planned, say)
    with open_feeder(house.reader, house.feed) as feeder:
        replay = play(away.through(), url=house.running.url, token=house.token(), feeder=feeder)
    books = house.wait_for_agreement(AGREE_S)
    till, hq = till_half(house.config), hq_half(books)
    agree = till == hq and books["balanced"] and books["quarantined"] == 0
    slips = house.wait_for_slips(AGREE_S)["all"]
    return Demo(replay, away.sold_without_line, till, hq, agree, slips)


class _Away:
    """Hands the plan out; stops headquarters half-way and starts it again at three quarters."""

    def __init__(self, house: House, planned: list[Planned], say: Any) -> None:
        self._house = house
        self._planned = planned
        self._say = say
        self.sold_without_line = 0

    def through(self) -> Iterator[Planned]:
        half, three_quarters = len(self._planned) // 2, len(self._planned) * 3 // 4
        for number, planned in enumerate(self._planned):
            if number == half:
                self._say(f"{number} invoices played; headquarters goes away, the till sells on")
                self._house.stop_hq(signal.SIGTERM)
            if number == three_quarters:
                self._say(f"{number} invoices played; headquarters comes back")
                self._house.start_hq()
            self.sold_without_line += half <= number < three_quarters
            yield planned


def _print(played: Demo, *, as_json: bool) -> None:
    replay = {**asdict(played.replay), "sales_per_s": round(played.replay.sales_per_s, 1)}
    if as_json:
        summary = {**asdict(played), "replay": replay}
        sys.stdout.write(orjson.dumps(summary, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    typer.echo(
        f"\nplayed {played.replay.sales} sales and {played.replay.refunds} refunds in {played.replay.seconds:.1f} s"
    )
    typer.echo(
        f"{played.sold_without_line} invoices came while headquarters was away; {played.slips} slips were printed"
    )
    for name, half in (("till", played.till), ("headquarters", played.hq)):
        sales, refunds = half.sales_money / 100, half.refunds_money / 100
        units = ", ".join(f"{units:,} {unit}" for unit, units in sorted(half.units.items()) if unit != "spend")
        typer.echo(
            f"  {name:<13} {half.sales} sales {sales:,.2f}, {half.refunds} refunds {refunds:,.2f}; members hold {units}"
        )
    typer.echo("the halves match" if played.agree else "THE HALVES DO NOT MATCH")


def _stay(house: House, say: Any) -> None:
    say(f"\ncashier's page  {house.screen_url()}   (good once, for a minute)")
    say(f"another way in  .venv/bin/tally token enter screen --config {house.config}")
    say(f"headquarters    {house.hq_url}/")
    say(f"read a card     echo {card_number(KNOWN_CUSTOMER)} > {house.feed}")
    say("\nrunning until Ctrl-C")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        say("")


def main() -> None:
    """Run the demo; an error of ours is one line and a hint."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        typer.run(demo)
    except TallyError as error:
        sys.stderr.write(f"demo: {error}\n  {error.hint}\n")
        sys.exit(1)


main()
