"""What may happen in a simulation: one function an action, one row in ACTIONS."""

from __future__ import annotations

from collections.abc import Callable

from tests.faults.sync.simulator.actions import apart, machines, selling, speaking
from tests.faults.sync.simulator.simulation import Simulation

ACTIONS: tuple[tuple[int, Callable[[Simulation], None]], ...] = (
    (20, selling.sell),
    (5, selling.enrol),
    (2, selling.link),
    (8, selling.redeem),
    (2, selling.undo),
    (4, selling.spend_voucher),
    (4, selling.refund),
    (3, selling.refund_elsewhere),
    (1, selling.begin_epoch),
    (1, selling.write_nonsense),
    (25, speaking.step),
    (5, speaking.meet),
    (2, speaking.deliver_copy),
    (2, machines.restart_agent),
    (2, machines.restart_pc),
    (1, machines.restart_hq),
    (6, machines.book_some),
    (1, machines.publish),
    (3, machines.time_passes),
    (1, machines.year_without_line),
    (3, apart.back_up_till),
    (2, apart.restore_till),
    (2, apart.clone_till),
    (2, apart.decide_forks),
    (1, apart.back_up_hq),
    (1, apart.put_hq_back),
)
