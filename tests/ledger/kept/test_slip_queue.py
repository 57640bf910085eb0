import pytest

from agent.errors import LedgerError
from agent.ledger.kept.slip_queue import SlipJob, SlipQueue
from agent.ledger.ledger import Ledger
from tests.ledger.tills import draft, opened, sale


@pytest.fixture
def queue(ledger: Ledger) -> SlipQueue:
    return SlipQueue(ledger)


def test_a_job_names_the_entry_it_was_acknowledged_with(ledger: Ledger, queue: SlipQueue) -> None:
    recorded = ledger.append(sale("op-1"))

    facts = {"op": "op-1", "total": 300, "head": recorded.hash.hex()[:16], "seq": 2}
    assert queue.next_slip() == SlipJob(1, recorded.hash.hex(), "sale", facts, "queued")
    assert queue.slip_of("op-1") == queue.slip(1) == queue.next_slip()


def test_an_entry_without_a_slip_has_no_job(ledger: Ledger, queue: SlipQueue) -> None:
    ledger.append(draft("op-1"))

    assert (queue.slip_of("op-1"), queue.slip_of("unknown"), queue.slip(1), queue.next_slip()) == (None,) * 4


def test_jobs_are_worked_off_oldest_first_and_a_sent_one_is_still_open(ledger: Ledger, queue: SlipQueue) -> None:
    for i in range(3):
        ledger.append(sale(f"op-{i}"))
    seen = []
    for state in ("sent", "confirmed", "confirmed", "sent", "confirmed"):
        job = queue.next_slip()
        assert job is not None
        seen.append((job.id, job.state))
        queue.mark_slips({job.id: state})

    assert seen == [(1, "queued"), (1, "sent"), (2, "queued"), (3, "queued"), (3, "sent")]
    assert queue.next_slip() is None


def test_the_next_job_after_one_that_is_in_hand_is_found(ledger: Ledger, queue: SlipQueue) -> None:
    for i in range(2):
        ledger.append(sale(f"op-{i}"))
    queue.mark_slips({1: "sent"})

    jobs = [queue.next_slip(after=number) for number in (0, 1, 2)]

    assert [job and (job.id, job.state) for job in jobs] == [(1, "sent"), (2, "queued"), None]


def test_open_jobs_are_counted_and_all_there_ever_were(ledger: Ledger, queue: SlipQueue) -> None:
    assert queue.slip_counts() == {"queued": 0, "sent": 0, "doubtful": 0, "failed": 0, "all": 0}
    for i in range(4):
        ledger.append(sale(f"op-{i}"))
    queue.mark_slips({1: "confirmed", 2: "sent", 3: "failed"})
    assert queue.slip_counts() == {"queued": 1, "sent": 1, "doubtful": 0, "failed": 1, "all": 4}
    queue.mark_slips({1: "doubtful", 2: "again"})

    assert queue.slip_counts() == {"queued": 2, "sent": 0, "doubtful": 1, "failed": 1, "all": 4}


def test_a_job_is_still_there_after_a_restart(ledger: Ledger) -> None:
    ledger.append(sale("op-1"))
    SlipQueue(ledger).mark_slips({1: "sent"})
    ledger.close()
    again = opened(ledger.path)
    job = SlipQueue(again).next_slip()
    again.close()

    assert job is not None
    assert job.state == "sent"


def test_a_closed_ledger_gives_no_jobs(ledger: Ledger, queue: SlipQueue) -> None:
    ledger.close()

    with pytest.raises(LedgerError):
        queue.next_slip()


def test_a_copy_is_a_job_of_its_own_that_says_the_same(ledger: Ledger, queue: SlipQueue) -> None:
    for op in ("op-1", "op-2"):
        ledger.append(sale(op))
    first = queue.slip_of("op-1")
    assert first is not None
    queue.mark_slips({1: "confirmed", 2: "confirmed"})

    copy = queue.copy_slip(first)
    again = queue.copy_slip(copy)

    assert (copy.id, copy.state, copy.copy) == (3, "queued", 1)
    assert (again.id, again.state, again.copy) == (4, "queued", 2)
    assert (copy.entry, copy.kind, copy.facts) == (again.entry, again.kind, again.facts)
    assert (copy.entry, copy.kind, copy.facts) == (first.entry, "sale", first.facts)
    assert queue.next_slip() == copy
    assert queue.slip_of("op-1") == queue.slip(1)
    assert queue.last_slip_of("op-1") == again
    assert queue.last_slip_of("op-2") == queue.slip_of("op-2") == queue.slip(2)
    assert queue.last_slip_of("unknown") is None


def test_jobs_in_doubt_are_told_oldest_first(ledger: Ledger, queue: SlipQueue) -> None:
    assert queue.doubtful_slips() == []
    for i in range(4):
        ledger.append(sale(f"op-{i}"))
    queue.mark_slips({4: "doubtful", 2: "doubtful", 3: "failed"})

    assert [(job.id, job.state) for job in queue.doubtful_slips()] == [(2, "doubtful"), (4, "doubtful")]


def test_a_job_names_its_entrys_place_in_the_epoch_it_was_recorded_in(ledger: Ledger, queue: SlipQueue) -> None:
    ledger.append(sale("op-1"))
    ledger.append(sale("op-2"))
    ledger.begin_epoch()
    ledger.append(sale("op-3"))

    jobs = [queue.slip_of(f"op-{i}") for i in (1, 2, 3)]
    assert [job and job.facts["seq"] for job in jobs] == [2, 3, 2]
    assert not any(job and job.is_emptied for job in jobs)
