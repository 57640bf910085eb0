from __future__ import annotations

from pathlib import Path

from tests.cli.said import tally
from tests.till_files import TillFiles, counter_of

VISA = "4111111111111111"  # published by the brand for tests


def test_a_till_is_clean_and_the_proof_says_what_was_searched(shop: TillFiles) -> None:
    told = tally("audit", "pan", "-c", shop.config, "--json").json
    said = tally("audit", "pan", "-c", shop.config)

    searched = [path for path in shop.data.rglob("*") if path.is_file()] + [shop.config]
    assert (told["numbers"], told["found"], told["unread"]) == (0, [], [])
    assert told["files"] == len(searched)
    assert told["bytes"] == sum(path.stat().st_size for path in searched)
    assert said.status == 0
    assert said.out.splitlines()[0] == f"0 payment card numbers in {told['files']} files of {told['bytes']:,} bytes"
    assert "not searched: the system's journal" in said.out


def test_a_running_agent_is_searched_too(running: TillFiles) -> None:
    assert tally("audit", "pan", "-c", running.config, "--json").json["files"] > 4


def test_a_number_is_told_without_its_digits_and_ends_with_1(shop: TillFiles, tmp_path: Path) -> None:
    log = tmp_path / "old.log"
    log.write_text(f"read ;{VISA}=25121010000000000000?\n")

    said = tally("audit", "pan", log, "-c", shop.config)

    assert said.status == 1
    assert said.out.splitlines()[0] == f"FOUND {log}: byte 6: visa, 16 digits, as text"
    assert VISA[:6] not in said.out


def test_a_number_on_a_printed_slip_is_found(shop: TillFiles) -> None:
    slips = shop.folder / "slips"
    slips.mkdir(exist_ok=True)
    (slips / "1.bin").write_bytes(b"\x1b@Card 4111 1111 1111 1111\n")

    assert tally("audit", "pan", "-c", shop.config).status == 1


def test_a_place_that_cannot_be_read_is_no_proof(shop: TillFiles, tmp_path: Path) -> None:
    said = tally("audit", "pan", tmp_path / "nowhere", "-c", shop.config)

    assert said.status == 1
    assert said.out.startswith(f"UNREAD {tmp_path / 'nowhere'}: ")


def test_cards_of_our_own_that_look_like_payment_cards_are_none(shop: TillFiles, tmp_path: Path) -> None:
    programme = tmp_path / "mine.toml"
    text = Path(__file__).parent.parent.parent.joinpath("config/programmes/general-shop.toml").read_text()
    programme.write_text(text.replace("[[earn]]", '[[cards]]\nprefix = "4111"\nlength = 16\n\n[[earn]]', 1))
    shop.config.write_text(shop.config.read_text().replace(str(_programme_of(shop)), str(programme)))
    with counter_of(shop):
        pass
    log = tmp_path / "old.log"
    log.write_text(VISA)

    assert tally("audit", "pan", log, "-c", shop.config).status == 0


def _programme_of(files: TillFiles) -> str:
    line = next(line for line in files.config.read_text().splitlines() if line.startswith("programme"))
    return line.split('"')[1]
