"""Games: odds below what is fair, and prizes that cost more than is said."""

from __future__ import annotations

from collections.abc import Iterator

from agent.loyalty.lint.finding import Finding, Inspection
from agent.loyalty.lint.worth import prize_worth
from agent.loyalty.programme.rules.games import ODDS_MIN, Game


def gaming(look: Inspection) -> Iterator[Finding]:
    """Find games that win too rarely, that nothing bounds, or that count their prizes too low."""
    for game in look.programme.games:
        if game.odds < ODDS_MIN:
            text = f"wins {game.odds} of 100 draws: below {ODDS_MIN} nobody expects to win (need R22)"
            yield look.warning(game.id, text, "raise its odds", key="odds")
        if game.budget_a_day is None and any(prize.stock is None and prize.voucher for prize in game.prizes):
            yield look.warning(game.id, "its vouchers have no end", "set budget_a_day, or a stock of each prize")
        yield from _prizes(look, game)


def _prizes(look: Inspection, game: Game) -> Iterator[Finding]:
    if game.budget_a_day is None:
        return
    for prize in game.prizes:
        worth = int(prize_worth(look.programme, prize))
        if worth > prize.cost:
            text = f"prize {prize.id!r} is worth {look.money(worth)}, and the budget counts {look.money(prize.cost)}"
            yield look.warning(game.id, text, "set the prize's 'cost' to what it is worth", key="prizes")
