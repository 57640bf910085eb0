from tests.cli.said import tally
from tests.ledger.tills import tamper
from tests.till_files import TillFiles


def test_a_z_without_an_agent_takes_the_lock_and_is_shown_again(shop: TillFiles) -> None:
    made = tally("closure", "z", "--op", "Z-1", "-c", shop.config, "--json").json
    again = tally("closure", "z", "--op", "Z-1", "-c", shop.config, "--json").json
    shown = tally("closure", "show", "-c", shop.config, "--json").json

    assert (made["closure"]["report"], made["closure"]["number"], made["repeated"]) == ("Z", 1, False)
    assert made["closure"]["period"]["takings"]["GBP"]["sales"] == 3
    assert again["closure"] == shown["closure"] == made["closure"]
    assert again["repeated"]


def test_an_x_and_a_z_without_an_op_are_new_ones_each(shop: TillFiles) -> None:
    numbers = [
        tally("closure", word, "-c", shop.config, "--json").json["closure"]["number"] for word in ("x", "z", "x", "z")
    ]

    assert numbers == [None, 1, None, 2]
    assert tally("closure", "show", "1", "-c", shop.config, "--json").json["closure"]["number"] == 1


def test_a_closure_is_shown_to_people_in_tables(shop: TillFiles) -> None:
    said = tally("closure", "z", "-c", shop.config).out

    assert "Z 1" in said
    assert "takings" in said
    assert "points" in said


def test_a_closure_of_nothing_has_no_days_and_one_of_a_day_names_it_once(shop: TillFiles) -> None:
    first, second = (tally("closure", "z", "-c", shop.config).out.splitlines()[1].split() for _ in range(2))

    assert (first[0], len(first), second) == ("days", 2, ["days", "-"])


def test_a_z_beside_a_running_agent_goes_through_it(running: TillFiles) -> None:
    made = tally("closure", "z", "-c", running.config, "--json").json

    assert tally("closure", "show", "-c", running.config, "--json").json["entry"] == made["entry"]
    assert tally("ledger", "verify", "-c", running.config).status == 0


def test_a_till_that_was_never_closed_says_so(shop: TillFiles) -> None:
    said = tally("closure", "show", "-c", shop.config)

    assert said.refusal == "this till has no Z report yet"
    assert "tally closure z" in said.err


def test_the_slip_of_a_z_is_drawn_like_any_other(shop: TillFiles) -> None:
    tally("closure", "z", "--op", "Z-1", "-c", shop.config)

    assert tally("slip", "preview", shop.config.with_name("z.png"), "--op", "Z-1", "-c", shop.config).status == 0


def test_verify_tells_where_the_proof_on_a_slip_stands(shop: TillFiles) -> None:
    made = tally("closure", "z", "-c", shop.config, "--json").json
    head, seq = made["entry"]["hash"][:16], made["entry"]["seq"]
    spaced = f"{head[:4]} {head[4:8]} {head[8:12]} {head[12:]}"

    found = tally("ledger", "verify", "--head", spaced, "--entry", str(seq), "-c", shop.config, "--json").json

    assert (found["seq"], found["kind"], found["after"]) == (seq, "closure", 0)


def test_verify_finds_an_end_that_was_cut_off_by_the_proof_on_a_slip(shop: TillFiles) -> None:
    head = tally("closure", "z", "-c", shop.config, "--json").json["entry"]["hash"][:16]
    tamper(shop.ledger, "DELETE FROM closure", "DELETE FROM entry WHERE n = (SELECT max(n) FROM entry)")

    assert tally("ledger", "verify", "-c", shop.config).status == 0
    said = tally("ledger", "verify", "--head", head, "-c", shop.config)

    assert said.status == 1
    assert said.refusal.endswith("on this paper: its end was cut or it was rewritten")
    assert "call headquarters" in said.err


def test_verify_says_that_tables_differ_and_what_mends_them(shop: TillFiles) -> None:
    tamper(shop.ledger, "UPDATE lot SET amount = amount + 1 WHERE unit = 'points'")

    said = tally("ledger", "verify", "-c", shop.config)

    assert said.refusal == "derived tables differ: 'lot' does not hold what the entries say"
    assert "`tally ledger rebuild`" in said.err
    tally("ledger", "rebuild", "-c", shop.config)
    assert tally("ledger", "verify", "-c", shop.config).status == 0


def test_an_entry_s_number_without_its_head_is_misused(shop: TillFiles) -> None:
    assert tally("ledger", "verify", "--entry", "3", "-c", shop.config).status == 2
