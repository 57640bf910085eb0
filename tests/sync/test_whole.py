"""A till holds whole profiles of its shop's members and of those seen there; of others a first name and the cards."""

from pathlib import Path

from agent.ledger.kept.profiles.finding import by_phone
from agent.ledger.members import profile_of
from tests.sync.chain import all_hear
from tests.sync.halves import Till


def test_a_member_of_another_shop_is_whole_here_once_he_was_seen_here(
    tills: tuple[Till, Till, Till], chain: tuple[Path, str]
) -> None:
    one, two, away = tills
    phone = f"020 {one.series:04} 0007"
    account = one.enrol_member(1, "Ada Lovelace", phone)
    all_hear(chain[0], one, two, away)

    assert profile_of(away.ledger, account) == {"name": "Ada"}
    assert by_phone(away.ledger, phone) == []
    assert [found.account for found in by_phone(two.ledger, phone)] == [account]
    assert away.read_card(1).name == two.read_card(1).name == "Ada"

    away.sell(5, card=1)
    all_hear(chain[0], away)

    whole = profile_of(away.ledger, account)
    assert whole is not None
    assert (whole["name"], whole["phone"]) == ("Ada Lovelace", phone)
    assert [found.account for found in by_phone(away.ledger, phone)] == [account]
