from datetime import UTC, datetime, timedelta

import pytest

from agent.loyalty.programme.radar import Radar
from hq.database import Database
from hq.keys import Keys
from hq.staff.radar import notes
from tests.hq.visitor import Visitor, sale_body

pytestmark = pytest.mark.databases("sqlite", "postgresql")


def test_one_card_at_two_shops_within_minutes_is_seen_here_alone(till: Visitor, hq_keys: Keys) -> None:
    database: Database = till.database
    elsewhere = Visitor(database, hq_keys, "1", shop="harbour")
    elsewhere.enrol()
    at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    for visitor, minutes in ((till, 0), (elsewhere, 10)):
        sold_at = (at - timedelta(minutes=30 - minutes)).isoformat()
        body = {**sale_body("a", 500), "sold_at": sold_at}
        visitor.append(kind="sale", body=body, day=at.date().isoformat(), staff="ana")
        visitor.send()

    with database.read() as conn:
        (note,) = notes(conn, Radar())

    assert (note.what, note.account, note.count) == ("travel", "a", 2)
    with database.read() as conn:
        assert notes(conn, Radar(travel_minutes=5)) == ()
