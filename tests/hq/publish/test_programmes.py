from pathlib import Path

import pytest

from agent.errors import ConfigError, ProgrammeError
from hq.config import Shop
from hq.database import Database, last_version
from hq.keys import Keys
from hq.publish.programmes import publish

# It loads, and the linter finds that its tier is never reached.
NEVER = """
name = "x"
currency = "EUR"
[[cards]]
prefix = "9"
length = 12
[tier_rules]
by = "visits"
period = "month"
[[tiers]]
id = "gold"
label = "Gold"
from = 32
percent = 150
"""


@pytest.mark.parametrize(
    ("text", "error"), [(None, ConfigError), ('nam = "x"', ProgrammeError), (NEVER, ProgrammeError)]
)
def test_a_programme_that_cannot_be_used_is_not_published(
    database: Database, hq_keys: Keys, tmp_path: Path, text: str | None, error: type[Exception]
) -> None:
    path = tmp_path / "p.toml"
    if text is not None:
        path.write_text(text)

    def try_it() -> None:
        with database.write() as conn:
            publish(conn, [Shop("corner", path)], hq_keys.programme)

    with pytest.raises(error):
        try_it()
    with database.read() as conn:
        assert last_version(conn) == 0
