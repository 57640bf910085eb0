"""Pulls the plug of the till and of headquarters at random moments while baskets are played."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Iterable, Iterator

from agent.upkeep.replay.plan import Planned
from play.house import House

DELAY_S = 0.05  # a plug is pulled up to so long after its invoice is handed out: before, in or after its commit


class Monkey:
    """Hands a plan out and kills each half `times` times on the way. Its seed says where."""

    def __init__(self, house: House, planned: list[Planned], *, times: int, seed: int) -> None:
        self._house = house
        self._planned = planned
        self._random = random.Random(seed)
        moments = self._random.sample(range(len(planned) // 20, len(planned) * 19 // 20), 2 * times)
        self._moments = dict.fromkeys(moments[:times], "till") | dict.fromkeys(moments[times:], "hq")
        self.kills: list[str] = []
        self.errors: list[BaseException] = []
        self._busy: threading.Thread | None = None

    def through(self) -> Iterator[Planned]:
        """Yield the plan; plugs are pulled behind the player's back."""
        for number, planned in enumerate(self._planned):
            if number in self._moments:
                self._join()
                self._busy = threading.Thread(target=self._pull, args=(self._moments[number],))
                self._busy.start()
            yield planned
        self._join()

    def _join(self) -> None:
        if self._busy is not None:
            self._busy.join()

    def _pull(self, which: str) -> None:
        time.sleep(self._random.uniform(0, DELAY_S))
        try:
            if which == "till":
                self._house.stop_till(signal.SIGKILL)
                self._house.start_till()
            else:
                self._house.stop_hq(signal.SIGKILL)
                self._house.start_hq()
            self.kills.append(which)
        except BaseException as error:
            self.errors.append(error)
            raise


def played_ops(planned: Iterable[Planned]) -> list[str]:
    """Return the ops of what is played, in order."""
    return [one.op for one in planned if hasattr(one, "lines")]
