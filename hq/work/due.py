"""What is due, in order: members to forget, goods that came back elsewhere, lapses and expiry if the clock is trusted,
letters about silent shops.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from hq.apart.epochs import is_whole
from hq.books import erasing
from hq.books.settling import settle_all
from hq.clock import Noted, day_at, now_ms
from hq.config import Config, Mail
from hq.database import Database, Turn, take_turn
from hq.keys import load
from hq.tables import till
from hq.work import absence, expiry, mail
from hq.work.clock import watch
from hq.work.giving import recycling
from hq.work.giving.referring import judge_due
from hq.work.jobs import Done, Job, JobRun, Outcome, run_due

_HOUR_MS = 3_600_000
_NOT_WHOLE = "headquarters was put back: a till may still bring what it lacks"


@dataclass(frozen=True, slots=True)
class Work:
    """The jobs of one headquarters. `confirmed`: a person has seen the sum that would expire, and wants it."""

    database: Database
    settings: Config
    confirmed: bool = False

    def run(self, *, only: str | None = None, day: date | None = None) -> list[JobRun]:
        """Look at the clock, then do what is due, or of it `only` one job; returns how what was done ended."""
        with self.database.write() as conn:
            watch(conn)
        jobs = [job for job in self.jobs() if only is None or job.name.partition(":")[0] == only]
        return run_due(self.database, jobs, day_at(now_ms()) if day is None else day)

    def jobs(self) -> list[Job]:
        """Return every job; a shop that is silent is one of its own."""
        fixed = [
            Job("erasures", self._erasures),
            Job("settling", self._settling),
            Job("lapses", self._lapses),
            Job("expiry", self._expiry),
            Job("recycling", self._recycling),
            Job("referrals", self._referrals),
        ]
        if self.settings.mail is None:
            return fixed
        with self.database.read() as conn:
            quiet = silent_shops(conn, before_ms=now_ms() - self.settings.work.silent_hours * _HOUR_MS)
        return fixed + [self._letter(self.settings.mail, *one) for one in quiet]

    def _erasures(self, day: date) -> Done:
        with self.database.write() as conn:
            take_turn(conn, Turn.BOOKS)
            again = erasing.erase_again(conn, epoch=self.database.epoch, day=day.isoformat())
        self.database.wipe()
        return Done(f"{again} erased again")

    def _settling(self, _day: date) -> Done:
        """Settle what waited for tills to bring back what a headquarters that was put back lacked."""
        with self.database.write() as conn:
            take_turn(conn, Turn.BOOKS)
            if not is_whole(conn):
                return Done(_NOT_WHOLE, Outcome.HALTED)
            settle_all(conn, epoch=self.database.epoch)
        return Done("what came back elsewhere is settled")

    def _lapses(self, _day: date) -> Done:
        """Whatever day is asked for: absence is judged up to where every till has reported."""
        with self.database.write() as conn:
            take_turn(conn, Turn.BOOKS)
            restored = absence.restore(conn, epoch=self.database.epoch)
            why_not, before = _why_not(conn), absence.everyone_reported_before(conn, now_ms())
        if why_not is not None:
            return Done(why_not, Outcome.HALTED)
        if before is None:
            return Done(f"{restored} given back; waits for the books, or for a till to report", Outcome.HALTED)
        taken = absence.carry_out(self.database, before)
        return Done(f"{restored} given back, {taken} entries up to {before}, which every till has reported past")

    def _expiry(self, day: date) -> Done:
        with self.database.read() as conn:
            why_not, sums = _why_not(conn), expiry.preview(conn, day)
        said = ", ".join(f"{one.expiring} of {one.held} {one.unit} ({one.percent:.1f} %)" for one in sums) or "nothing"
        most = self.settings.work.expiry_share_max
        if why_not is not None:
            return Done(why_not, Outcome.HALTED)
        if not self.confirmed and any(one.percent > most for one in sums):
            return Done(f"{said} would expire, over {most} %: look, then --confirm", Outcome.HALTED)
        return Done(f"{said} expired in {expiry.carry_out(self.database, day)} entries")

    def _recycling(self, day: date) -> Done:
        """Give away a part of what was lost before this month, once every till has reported past its beginning."""
        with self.database.write() as conn:
            take_turn(conn, Turn.BOOKS)
            why_not, before = _why_not(conn), absence.everyone_reported_before(conn, now_ms())
            if why_not is not None:
                return Done(why_not, Outcome.HALTED)
            if before is None or before < day.replace(day=1):
                return Done("waits for the books, or for a till to report", Outcome.HALTED)
            return Done(f"{recycling.give_away(conn, day, epoch=self.database.epoch)} members were given something")

    def _referrals(self, day: date) -> Done:
        with self.database.write() as conn:
            take_turn(conn, Turn.BOOKS)
            why_not = _why_not(conn)
            if why_not is not None:
                return Done(why_not, Outcome.HALTED)
            keys = load(self.settings.keys)
            judged, waiting = judge_due(conn, day.isoformat(), epoch=self.database.epoch, keys=keys)
        return Done(f"{judged} judged, {waiting} wait for whose code it is")

    def _letter(self, to: Mail, shop: str, heard_ms: int) -> Job:
        def write(_day: date) -> Done:
            mail.send(to, mail.about_silence(to, self.settings.name, shop, heard_ms))
            return Done(f"wrote to {to.to}")

        return Job(f"silent:{shop}", write)


def silent_shops(conn: Connection, *, before_ms: int) -> Sequence[tuple[str, int]]:
    """Return the shops none of whose tills was heard of since, and when one was last (Unix ms)."""
    last = func.max(till.c.contact_ms)
    rows = conn.execute(select(till.c.shop, last).group_by(till.c.shop).having(last < before_ms).order_by(till.c.shop))
    return [(shop, heard_ms) for shop, heard_ms in rows]


def _why_not(conn: Connection) -> str | None:
    """Return why nothing is ended or decided from absence now, None if it may be."""
    if not is_whole(conn):
        return _NOT_WHOLE
    noted = Noted.read(conn)
    if noted is None or noted.doubt is None:
        return None
    return f"headquarters doubts its clock ({noted.doubt}): tally-hq clock confirm"
