"""A whole till: built, wired, started in order and stopped in reverse.

ledger -> programme -> counter -> devices, slips and display -> web -> sync: whoever is called stands before whoever
calls.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any, Self

from agent.config import Config
from agent.counter import Counter
from agent.daemon.cards import CardReads
from agent.daemon.chores import Chores
from agent.daemon.clock import ClockWatch
from agent.daemon.display import CustomerDisplay
from agent.daemon.ledger import LedgerWatch
from agent.daemon.training import TrainingEnd, TrainingRoom, TrainingSlips
from agent.devices.gs1.numbers import goods_on_label
from agent.devices.loading import DriverRow
from agent.devices.supervision.report import DeviceReport, DeviceStatus
from agent.devices.supervision.supervisor import Supervisor
from agent.errors import LedgerError, ProgrammeError
from agent.ledger.clock import TillClock
from agent.ledger.kept import programmes
from agent.ledger.kept.slip_queue import SlipQueue
from agent.ledger.ledger import Ledger
from agent.ledger.members import addressed
from agent.loyalty.articles import Articles, check_named, read_articles
from agent.loyalty.cards import CardRange
from agent.loyalty.explaining import Explained
from agent.loyalty.programme import Programme
from agent.slips.facts import Addressee
from agent.slips.spool import Spool
from agent.slips.texts import money_text
from agent.sync.loop import SyncLoop
from agent.upkeep.explaining import explain_recorded
from agent.upkeep.running import Running, remove_running, write_running
from agent.web.app import create_app
from agent.web.events import EventHub
from agent.web.server import WebServer
from agent.web.status import StatusBoard
from agent.web.tokens import Scope, Tokens
from drivers import known_drivers

logger = logging.getLogger(__name__)

_LOCAL_TOKEN = "cli"  # the name of the command line's own token  # noqa: S105 - a name, no secret
_PAUSE_S = 0.2  # no sale for so long is a pause: the WAL is checkpointed in it
_STOP_S = 5.0
_SAY_AGAIN_S = 10.0  # that the disk is given until it is asked again to take where the agent listens


class Till:
    """A whole till, built from its configuration. `start` and `stop`, or use as a context manager."""

    def __init__(self, config: Config, *, drivers: Mapping[str, DriverRow] | None = None) -> None:
        self._config = config
        self._drivers = known_drivers() if drivers is None else drivers
        self._stack = ExitStack()
        self._stopping = threading.Event()
        self._recorded_now = threading.Event()
        self._spool: Spool | None = None
        self._training_spool: Spool | None = None
        self._display: CustomerDisplay | None = None
        self._sync: SyncLoop | None = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Build and start everything; what was started is stopped again if a later part cannot start."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        config = self._config
        self.ledger = _open_ledger(config)
        self._stack.callback(self.ledger.close)
        self._clock = ClockWatch(self.ledger, recorded=self._recorded)
        self._chores = Chores(
            self.ledger,
            slips_days=config.slips.keep_days,
            profiles_days=None if config.sync is None else config.sync.profiles_days,
        )
        programme, articles = _programme(config, self.ledger), _articles(config)
        if programme is not None and articles is not None and config.sync is None:
            check_named(programme, articles)
        self._sync = self._sync_loop()
        self._training = TrainingRoom(
            self.ledger, config.till.folder, zone=config.till.zone, opened=self._print_training
        )
        self._stack.callback(self._training.close)
        self.counter = Counter(
            self.ledger,
            programme,
            recorded=self._recorded,
            articles=articles,
            goods_on_label=partial(goods_on_label, templates=config.labels.numbering().templates),
            elsewhere=self._sync,
            promises=self._sync,
            training=self._training.ledger,
        )
        self.events = EventHub(config.web.language)
        self._watch = LedgerWatch(self.ledger, self.counter, self.events)
        self._training_end = TrainingEnd(self.ledger, self.counter, self.events, idle_min=config.till.training_idle_min)
        self.board = self._status_board()
        self._start_devices()
        self._start_web()
        self._start_sync()
        self._thread("pauses", self._checkpoint_in_pauses)
        self._thread("ledger", lambda: self._watch.run(self._stopping))
        self._thread("clock", lambda: self._clock.run(self._stopping))
        self._thread("chores", lambda: self._chores.run(self._stopping))
        self._thread("training", lambda: self._training_end.run(self._stopping))
        self._stack.callback(remove_running, config.till.folder)
        if not self._says_where():
            self._thread("where", self._say_where)
        logger.info("till=%s port=%d programme=%s", config.till.id, self.web.port, self._programme_name())

    def stop(self) -> None:
        """Stop everything in reverse; each part is given a bounded time."""
        self._stopping.set()
        self._recorded_now.set()
        self._stack.close()

    def _says_where(self) -> bool:
        """Say to the command line where the agent listens; False if the disk does not take it: the till sells on."""
        config = self._config.till
        try:
            token = Tokens(config.tokens).replace(Scope.SUPERVISOR, _LOCAL_TOKEN)
            write_running(config.folder, Running(os.getpid(), self.web.port, token))
        except OSError as error:
            logger.warning("the command line will not find this agent: %s", error.strerror)
            return False
        return True

    def _say_where(self) -> None:
        while not self._stopping.wait(_SAY_AGAIN_S):
            if self._says_where():
                return

    def _programme_name(self) -> str | None:
        return self.counter.programme.name if self.counter.programme else None

    # -- the parts -----------------------------------------------------------------------------------------------

    def _start_web(self) -> None:
        app = create_app(
            self.counter,
            devices=self.devices,
            drawer=self._config.till.drawer,
            tokens=Tokens(self._config.till.tokens),
            board=self.board,
            events=self.events,
            settings=self._config.web,
            halves=self._sync,
            explain_sale=self._explain_sale,
        )
        self.web = WebServer(app, self._config.web)
        self._stack.callback(self.web.stop)
        self.web.start()

    def _explain_sale(self, op: str) -> tuple[Programme, tuple[Explained, ...], bool]:
        found = explain_recorded(self.ledger, op)
        return found.programme, found.rules, found.same

    def _status_board(self) -> StatusBoard:
        board = StatusBoard()
        board.show("journal", self._journal)
        board.show("ledger", self._watch.to_map)
        board.show("articles", self.counter.shelf.to_map)
        board.show("training", lambda: self.counter.is_training)
        board.show("erasures", self._chores.to_map)
        board.show("clock", lambda: self.ledger.clock.read().to_map())
        board.show("devices", lambda: [_device_map(report) for report in self.devices.reports()])
        board.show("slips", lambda: None if self._spool is None else asdict(self._spool.status()))
        board.show("sync", lambda: {"word": "alone"} if self._sync is None else self._sync.status.to_map())
        return board

    def _journal(self) -> dict[str, Any]:
        at = self.ledger.identity
        return {"till": at.till, "epoch": at.epoch, "seq": at.seq, "head": at.head.hex()}

    def _start_devices(self) -> None:
        chips = self._config.chips
        self.devices = Supervisor(
            self._config.devices,
            self._drivers,
            ranges=self._ranges,
            on_change=self._device_changed,
            numbering=self._config.labels.numbering(),
            sun=None if chips is None else chips.read_sun_keys(),
        )
        self._thread("reads", self._take_reads)
        self.devices.start()
        self._stack.callback(self.devices.stop)
        if self._config.till.printer is not None:
            self._spool = Spool(
                SlipQueue(self.ledger),
                self.devices.printer(self._config.till.printer),
                letterhead=self._config.slips.letterhead(),
                addressee=lambda account: Addressee(*addressed(self.ledger, account)),
                asked=lambda: self.events.publish("slips", {}),
            )
            self._spool.start()
            self._stack.callback(self._spool.stop)
        if self._config.till.display is not None:
            self._start_display(self._config.till.display)

    def _print_training(self, ledger: Ledger) -> None:
        """Print what is sold in training, too; nobody is asked about a slip that counts for nothing."""
        if self._config.till.printer is None:
            return
        spool = Spool(
            TrainingSlips(ledger),
            self.devices.printer(self._config.till.printer),
            letterhead=self._config.slips.letterhead(),
            addressee=lambda account: Addressee(*addressed(ledger, account)),
        )
        spool.start()
        self._stack.callback(spool.stop)
        self._training_spool = spool

    def _start_display(self, name: str) -> None:
        display = CustomerDisplay(
            self.devices.display(name),
            greeting=self._config.slips.shop,
            language=self._config.slips.language,
            money=self._money,
        )
        self.events.attach("display", display.follow)
        display.start()
        self._stack.callback(display.stop)
        self._display = display

    def _money(self, minor: int) -> str:
        programme = self.counter.programme
        return "" if programme is None else money_text(minor, programme.currency, self._config.slips.language)

    def _sync_loop(self) -> SyncLoop | None:
        settings = self._config.sync
        if settings is None:
            return None
        return SyncLoop(
            self.ledger, settings, heard_from_hq=self._clock.heard, fed=self._fed, on_change=self._sync_changed
        )

    def _start_sync(self) -> None:
        if self._sync is not None:
            self._sync.start()
            self._stack.callback(self._sync.stop)

    def _thread(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        self._stack.callback(thread.join, _STOP_S)

    # -- what the parts say to each other ----------------------------------------------------------------------------

    def _recorded(self) -> None:
        """An entry is durable: print its slip, send it, and remember that this is no pause."""
        self._recorded_now.set()
        for spool in (self._spool, self._training_spool):
            if spool is not None:
                spool.wake()
        if self._sync is not None:
            self._sync.wake()

    def _ranges(self) -> Sequence[CardRange]:
        return self.counter.programme.cards if self.counter.programme else ()

    def _device_changed(self, report: DeviceReport) -> None:
        self.events.publish("device", {"name": report.name, "status": str(report.status), "text": report.text})
        if self._spool is not None:
            self._spool.wake()
        is_display = report.name == self._config.till.display and report.status is DeviceStatus.ENABLED
        if self._display is not None and is_display:
            self._display.refresh()

    def _take_reads(self) -> None:
        cards = CardReads(self.counter, self.events)
        while not self._stopping.is_set():
            sighting = self.devices.take(timeout_s=0.5)
            if sighting is None:
                continue
            try:
                cards.tell(sighting)
            except Exception:  # whatever is wrong with one card, the next one must be read
                logger.exception("device=%s a card could not be looked up", sighting.device)

    def _fed(self) -> None:
        """The feed changed something: a new programme comes into force with the next sale."""
        programme = _last_good(self.ledger)
        known = self.counter.programme
        if programme is not None and (known is None or known.version != programme.version):
            self.counter.use(programme)
            self.events.publish("programme", {"name": programme.name, "version": programme.version})
            logger.info("programme=%r version=%s", programme.name, programme.version)

    def _sync_changed(self, status: Mapping[str, Any]) -> None:
        self.events.publish("sync", dict(status))

    def _checkpoint_in_pauses(self) -> None:
        while not self._stopping.is_set():
            self._recorded_now.wait()
            while self._recorded_now.is_set() and not self._stopping.is_set():
                self._recorded_now.clear()
                self._recorded_now.wait(_PAUSE_S)
            with contextlib.suppress(LedgerError):
                self.ledger.checkpoint()


def _device_map(report: DeviceReport) -> dict[str, Any]:
    return {
        "name": report.name,
        "category": None if report.category is None else str(report.category),
        "driver": report.driver,
        "status": str(report.status),
        "text": report.text,
        "hint": report.hint,
        "statistics": report.statistics.of(report.category),
    }


def _open_ledger(config: Config) -> Ledger:
    clock = TillClock(config.till.zone, alone=config.sync is None)
    ballast = config.till.ballast_mb * 2**20
    return Ledger.open(config.till.ledger, till=config.till.id, clock=clock, ballast=ballast)


def _programme(config: Config, ledger: Ledger) -> Programme | None:
    """The programme in force: what headquarters sent, else the file that till.toml names, else the last good one."""
    last_good = _last_good(ledger)
    if last_good is not None and config.sync is not None:
        return last_good
    data = config.read_programme()
    if data is None:
        return last_good
    try:
        return programmes.adopt(ledger, data)
    except ProgrammeError as error:
        if last_good is None:
            raise
        logger.warning("programme=%s is refused, the last good one stays in force: %s", config.till.programme, error)
        return last_good


def _last_good(ledger: Ledger) -> Programme | None:
    """The programme that the ledger says is in force; None if it says none, or one that this version cannot read."""
    try:
        return programmes.current(ledger)
    except ProgrammeError as error:
        logger.warning("the programme that was in force cannot be read by this version: %s", error)
        return None


def _articles(config: Config) -> Articles | None:
    data = config.read_articles()
    return None if data is None else read_articles(data)


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """Give an event that SIGTERM and SIGINT set."""
    told = threading.Event()
    before = {number: signal.signal(number, lambda *_: told.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(config: Config) -> None:
    """Run the till until it is told to stop (SIGTERM or SIGINT)."""
    with _until_told() as told, Till(config):
        gc.freeze()  # what is there from the start stays; looking it all through took a sale 50 ms now and then
        told.wait()
