"""Games at the till: the seed is sealed before the first draw and shown after the last, and nothing is drawn twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.counter import ClosureAsk, RefundLine, SaleAnswer, SaleAsk
from agent.counter import drawing as module
from agent.errors import RefusalError
from agent.journal.entry import Entry, decode_entry
from agent.journal.fold import check_conservation
from agent.ledger import audit
from agent.ledger.kept.slip_queue import SlipQueue
from agent.loyalty.closures import Report
from agent.loyalty.judging.games import commitment_of, drawn
from agent.slips.facts import SlipFacts
from agent.slips.texts import day_text, phrase
from tests.counter.shops import BY, Shop, line, open_shop
from tests.ledger.tills import TILL, derived
from tests.loyalty.shops import MONEY, POINTS, programme

GAME = """
[[games]]
id = "scratch"
label = "Scratch"
odds = 50
plays_a_day = 100
[[games.prizes]]
id = "few"
label = "Some points"
unit = "points"
units = 10
stock = 5
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path, programme=programme(POINTS, MONEY, GAME)) as opened:
        yield opened


@pytest.fixture
def account(shop: Shop) -> str:
    return shop.member().account


def sell(shop: Shop, op: str, account: str | None, amount: int = 100, **said: Any) -> SaleAnswer:
    return shop.counter.sell(SaleAsk(op, (line(amount),), account, **said), by=BY)


def result(sold: SaleAnswer) -> dict[str, Any] | None:
    for effect in sold.effects:
        if effect.reason.code in {"game_won", "game_lost"}:
            return {"code": effect.reason.code, **effect.reason.numbers}
    return None


def entries(shop: Shop, *kinds: str) -> list[Entry]:
    with shop.ledger.reading() as conn:
        read = [decode_entry(data) for (data,) in conn.execute("SELECT bytes FROM entry ORDER BY n")]
    return [entry for entry in read if entry.kind in kinds]


def tomorrow(shop: Shop, monkeypatch: pytest.MonkeyPatch, *, days: int = 1) -> None:
    """Let the till's clock be so many days on."""
    clock = shop.ledger.clock
    local = clock.local
    monkeypatch.setattr(clock, "local", lambda wall_ms: local(wall_ms) + timedelta(days=days))


def test_the_seed_is_sealed_before_the_first_draw_and_stands_in_no_entry(shop: Shop, account: str) -> None:
    sold = sell(shop, "S-1", account)

    told = result(sold)
    (sealed,) = entries(shop, "game_day")
    (sale,) = entries(shop, "sale")
    assert told is not None
    assert sealed.seq < sale.seq
    assert sealed.body["commitment"] == told["commitment"]
    assert set(sealed.body) == {"commitment", "day"}
    assert entries(shop, "game_day_closed") == []


def test_draws_are_numbered_without_gaps_under_one_seed(shop: Shop, account: str) -> None:
    told = [result(sell(shop, f"S-{n}", account)) for n in range(1, 5)]

    assert [one and one["draw"] for one in told] == [1, 2, 3, 4]
    assert len({one["commitment"] for one in told if one}) == 1
    assert len(entries(shop, "game_day")) == 1


def test_a_shown_seed_proves_every_draw(shop: Shop, account: str) -> None:
    told = [result(sell(shop, f"S-{n}", account)) for n in range(1, 5)]
    closed = shop.counter.day.close_games(by=BY)

    (shown,) = entries(shop, "game_day_closed")
    assert closed is not None
    assert closed.id == shown.id
    seed = bytes.fromhex(shown.body["seed"])
    assert shown.body["draws"] == 4
    assert shop.counter.programme is not None
    (game,) = shop.counter.programme.games
    for one in told:
        assert one is not None
        assert commitment_of(seed) == one["commitment"]
        prize = drawn(game, seed, till=TILL, day=one["day"], number=one["draw"])
        assert one["code"] == ("game_won" if prize else "game_lost")


def test_a_preview_draws_nothing_and_does_not_show_what_will_come(shop: Shop, account: str) -> None:
    before = shop.entries

    seen = [shop.counter.preview(SaleAsk("preview", (line(100),), account)) for _ in range(3)]

    assert [effect.reason.code for effect in seen[0].effects if effect.rule == "scratch"] == ["may_play"]
    assert seen[0].effects == seen[2].effects
    assert shop.entries == before
    assert shop.ledger.recall("games.day") is None


def test_a_sale_sent_again_has_the_result_it_had(shop: Shop, account: str) -> None:
    first = sell(shop, "S-1", account)
    before = shop.entries
    again = sell(shop, "S-1", account)

    assert again.repeated
    assert (result(again), shop.entries) == (result(first), before)
    assert result(sell(shop, "S-2", account)) != result(first)


def test_a_sale_that_is_refused_seals_no_seed(shop: Shop, account: str) -> None:
    before = shop.entries
    with pytest.raises(RefusalError):
        sell(shop, "S-1", account, redemptions=("nothing",))

    assert shop.entries == before


def test_returned_goods_give_the_prize_back_and_its_stock_but_no_second_draw(shop: Shop, account: str) -> None:
    number = 0
    while True:
        number += 1
        told = result(sell(shop, f"S-{number}", account))
        if told is None or told["code"] == "game_won":
            break
    before = shop.balances(account)["points"]

    shop.refund("R-1", RefundLine(f"S-{number}", 0, 1000))

    assert shop.balances(account)["points"] == before - 11
    following = result(sell(shop, "S-next", account))
    assert following is not None
    assert following["draw"] == number + 1


def test_when_the_prizes_are_gone_nobody_plays(shop: Shop, account: str) -> None:
    wins = 0
    for number in range(60):
        told = result(sell(shop, f"S-{number}", account))
        if told is None:
            break
        wins += told["code"] == "game_won"

    assert (told, wins) == (None, 5)


def test_the_next_days_first_draw_shows_yesterdays_seed_and_seals_another(
    shop: Shop, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = result(sell(shop, "S-1", account))
    tomorrow(shop, monkeypatch)
    second = result(sell(shop, "S-2", account))

    assert first is not None
    assert second is not None
    assert (first["draw"], second["draw"]) == (1, 1)
    assert first["commitment"] != second["commitment"]
    (shown,) = entries(shop, "game_day_closed")
    assert commitment_of(bytes.fromhex(shown.body["seed"])) == first["commitment"]
    assert [entry.kind for entry in entries(shop, "game_day", "sale", "game_day_closed")] == [
        *("game_day", "sale"),
        *("game_day_closed", "game_day", "sale"),
    ]


def test_the_day_is_the_tills_whatever_time_a_sale_is_said_to_have(shop: Shop, account: str) -> None:
    sold = sell(shop, "S-1", account, sold_at="2031-05-01T10:00:00")

    told = result(sold)
    assert told is not None
    clock = shop.ledger.clock
    assert told["day"] == clock.local(clock.read().wall_ms).date().isoformat()


def test_a_seed_that_was_shown_is_never_drawn_with_again(shop: Shop, account: str) -> None:
    first = result(sell(shop, "S-1", account))
    kept = shop.ledger.recall("games.day")
    assert kept is not None
    shop.counter.day.close_games(by=BY)
    shop.ledger.remember({"games.day": kept})  # the power failed between the entry and this

    second = result(sell(shop, "S-2", account))

    assert first is not None
    assert second is not None
    assert second["commitment"] != first["commitment"]
    assert second["draw"] == 2  # of the same day: no two draws have one name
    assert len(entries(shop, "game_day_closed")) == 1


def test_a_seed_that_was_kept_and_not_sealed_is_sealed_before_it_is_drawn_with(
    shop: Shop, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError("the power failed")

    with monkeypatch.context() as patched:
        patched.setattr(module, "_append", fails)
        with pytest.raises(OSError, match="power"):
            sell(shop, "S-1", account)
    assert entries(shop, "game_day") == []

    told = result(sell(shop, "S-1", account))
    (sealed,) = entries(shop, "game_day")
    assert told is not None
    assert sealed.body["commitment"] == told["commitment"]


def test_closing_a_day_on_which_nothing_was_drawn_writes_nothing(shop: Shop, account: str) -> None:
    before = shop.entries

    assert shop.counter.day.close_games(by=BY) is None
    assert shop.entries == before


def test_who_shows_no_card_does_not_play(shop: Shop) -> None:
    assert result(sell(shop, "S-1", None)) is None
    assert entries(shop, "game_day") == []


def test_the_slip_says_what_was_drawn_and_under_which_seal(shop: Shop, account: str) -> None:
    told = result(sell(shop, "S-1", account))
    job = SlipQueue(shop.ledger).slip_of("S-1")
    assert job is not None
    assert told is not None
    facts = SlipFacts.from_json(job.facts)

    (said,) = [phrase(one.code, one.numbers, facts.currency, "en") for one in facts.lines if one.code == told["code"]]
    assert said.text.startswith("Scratch: ")
    assert said.more == f"Draw 1 of {day_text(str(told['day']), 'en')}, 50 of 100 win. Sealed {told['commitment']}"


def test_entries_balance_and_a_rebuild_gives_the_same(shop: Shop, account: str) -> None:
    for number in range(6):
        sell(shop, f"S-{number}", account)
    shop.refund("R-1", RefundLine("S-0", 0, 1000))
    before = derived(shop.ledger)

    for entry in entries(shop, "sale", "refund", "game_day"):
        check_conservation(entry.postings)
    audit.rebuild(shop.ledger)

    assert derived(shop.ledger) == before


def test_a_z_shows_the_seed_and_is_about_the_entry_that_does_and_an_x_shows_nothing(shop: Shop, account: str) -> None:
    sell(shop, "S-1", account)
    shop.counter.day.close(ClosureAsk("X-1", Report.X), by=BY)
    assert entries(shop, "game_day_closed") == []

    z = shop.counter.day.close(ClosureAsk("Z-1", Report.Z), by=BY)
    sell(shop, "S-2", account)

    (shown,) = entries(shop, "game_day_closed")
    assert z.closure.spans[-1].last == shown.seq == z.entry.seq - 1
    assert len({day.body["commitment"] for day in entries(shop, "game_day")}) == 2  # what follows is drawn with another
    assert audit.check_closures(shop.ledger) == 2
