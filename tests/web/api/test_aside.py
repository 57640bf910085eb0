"""A sale while the ledger can take none: another answer than a recorded one, and the same sale once it can."""

from pathlib import Path

from tests.ledger.disk.full import BALLAST, full_disk
from tests.web.till import LINE, serve


def test_L8_a_sale_without_loyalty_is_answered_as_kept_and_not_as_recorded(tmp_path: Path) -> None:
    with serve(tmp_path, ballast=BALLAST) as till:
        body = {"op": "S-1", "lines": [LINE]}
        with full_disk():
            kept = till.pos.post("/v1/sales", json=body)
        entered = till.pos.post("/v1/sales", json=body)

    assert kept.status_code == 202
    assert kept.json() == {
        "op": "S-1",
        "aside": True,
        "text": "sold without loyalty; it will be entered later",
        "why": {
            "code": "no_room",
            "message": "the disk of ledger 'ledger.db' is full",
            "hint": "sell without loyalty and call your IT: the disk of this till is full",
        },
    }
    assert (entered.status_code, entered.json()["repeated"]) == (200, False)


def test_L8_a_sale_that_cannot_even_be_kept_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "aside").mkdir()
    with serve(tmp_path, ballast=BALLAST) as till, full_disk():
        answer = till.pos.post("/v1/sales", json={"op": "S-1", "lines": [LINE]})

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_kept")
