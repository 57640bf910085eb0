"""The calls on devices: a health check, and the cash drawer. What they are like stands in the status."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import orjson
from fastapi import Response

from agent.counter import Counter, EntryRef, Opening
from agent.devices.supervision.supervisor import Supervisor
from agent.errors import LedgerError, NoHardwareError, Said
from agent.web.api.access import Seller, Supervising
from agent.web.api.requests.running import CheckBody, DrawerBody
from agent.web.api.shapes import DrawerShape

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeviceCalls:
    """What the calls need: the devices, which of them opens the till's drawer, and the counter that records it."""

    counter: Counter
    devices: Supervisor
    drawer: str | None

    def check(self, name: str, body: CheckBody, _by: Supervising) -> Response:
        """Have a device check itself; `interactive` takes up to half a minute, while a person takes part."""
        return Response(orjson.dumps(self.devices.check_health(name, body.level)), media_type="application/json")

    def open_drawer(self, body: DrawerBody, by: Seller) -> Response:
        """Open the till's cash drawer once, at once or not at all; an opening is recorded when it has happened."""
        opening = body.opening()
        if self.drawer is None:
            raise NoHardwareError(
                "this till has no cash drawer",
                said=Said("no_drawer"),
                hint="name its device in till.toml: [till] drawer",
            )
        self.devices.drawer(self.drawer).open_drawer()
        _log.info("drawer=%s opened by=%s", self.drawer, by.name)
        shape = DrawerShape(self.drawer, self._recorded(opening, by.name))
        return Response(orjson.dumps(shape), media_type="application/json")

    def _recorded(self, opening: Opening, by: str) -> EntryRef | None:
        """Record an opening; the drawer is open by now, whatever the ledger says."""
        try:
            return self.counter.day.drawer_opened(opening, by=by)
        except LedgerError as error:
            _log.warning("drawer=%s was opened by=%s and stands in no entry: %s", self.drawer, by, error)
            return None
