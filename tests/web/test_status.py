from agent.errors import LedgerError
from agent.web.status import StatusBoard


def test_a_section_is_read_anew_at_every_look() -> None:
    board = StatusBoard()
    counts = iter([1, 2])
    board.show("slips", lambda: {"queued": next(counts)})

    assert board.read() == {"slips": {"queued": 1}}
    assert board.read() == {"slips": {"queued": 2}}


def test_a_section_shown_again_takes_the_place_of_the_old_one() -> None:
    board = StatusBoard()
    board.show("sync", lambda: {"word": "alone"})
    board.show("sync", lambda: {"word": "met"})

    assert board.read() == {"sync": {"word": "met"}}


def test_a_section_that_cannot_be_read_says_why_and_hides_no_other() -> None:
    def broken() -> object:
        raise LedgerError("the ledger is closed")

    board = StatusBoard()
    board.show("ledger", broken)
    board.show("devices", list)

    read = board.read()

    assert read["devices"] == []
    assert read["ledger"] == {"error": {"code": "ledger", "message": "the ledger is closed", "hint": LedgerError.hint}}
