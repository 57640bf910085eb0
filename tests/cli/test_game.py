from pathlib import Path

from agent.counter import EnrolAsk, SaleAsk
from agent.loyalty.judging.games import commitment_of
from agent.loyalty.sale import Line
from tests.cli.said import tally
from tests.till_files import card_number, counter_of, set_up

GAME = """
[[games]]
id = "scratch"
label = "Scratch"
odds = 50
[[games.prizes]]
id = "few"
label = "Some points"
unit = "points"
units = 10
"""
SEED = "00" * 32


def programme_with_a_game(tmp_path: Path) -> Path:
    file = tmp_path / "game.toml"
    file.write_text((Path(__file__).parents[2] / "config/programmes/general-shop.toml").read_text() + GAME)
    return file


def test_a_draw_is_checked_with_nothing_but_the_programme_and_what_the_slip_says(tmp_path: Path) -> None:
    file = programme_with_a_game(tmp_path)
    said = ("game", "check", "scratch", "--seed", SEED, "--till", "corner/1", "--day", "2026-11-22", "--file", file)

    answers = [tally(*said, "--draw", number, "--json").json for number in range(1, 9)]

    assert {answer["sealed"] for answer in answers} == {commitment_of(bytes(32))}
    assert {answer["odds"] for answer in answers} == {50}
    assert {answer["won"] for answer in answers} == {"Some points", None}


def test_what_a_till_drew_is_what_the_check_draws(tmp_path: Path) -> None:
    files = set_up(tmp_path, programme=programme_with_a_game(tmp_path))
    with counter_of(files) as counter:
        account = counter.enrol(EnrolAsk("E-1", name="Ana", card=card_number(1)), by="pos").account
        sold = counter.sell(SaleAsk("S-1", (Line("mug", 1000, 2000),), account), by="pos")
        counter.day.close_games(by="pos")
    (told,) = [e.reason for e in sold.effects if e.reason.code in {"game_won", "game_lost"}]

    (day,) = tally("game", "days", "-c", files.config, "--json").json
    checked = tally(
        *("game", "check", "scratch", "--seed", day["seed"], "--till", day["till"]),
        *("--day", day["day"], "--draw", told.numbers["draw"], "-c", files.config, "--json"),
    ).json

    assert (day["draws"], day["sealed"]) == (1, told.numbers["commitment"])
    assert checked["sealed"] == told.numbers["commitment"]
    assert checked["won"] == told.numbers.get("prize")


def test_a_seed_that_is_none_and_a_game_that_is_not_there_are_refused(tmp_path: Path) -> None:
    file = programme_with_a_game(tmp_path)
    said = ("--till", "corner/1", "--day", "2026-11-22", "--draw", "1", "--file", file)

    assert "hexadecimal" in tally("game", "check", "scratch", "--seed", "xyz", *said).refusal
    assert "no game 'wheel'" in tally("game", "check", "wheel", "--seed", SEED, *said).refusal
