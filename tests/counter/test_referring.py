"""Members bring friends: the code on the slip, what both get, and who cannot."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from agent.counter import EnrolAnswer, EnrolAsk, LinkAsk, RefundLine, SaleAsk
from agent.errors import InvalidError, NotAllowedError
from agent.ledger import audit
from agent.ledger.kept.slip_queue import SlipQueue
from agent.loyalty.judging.referral import code_of
from tests.counter.shops import BY, CARD, NEXT_CARD, Shop, line, open_shop
from tests.ledger.tills import derived
from tests.loyalty.shops import GOLD, MONEY, POINTS, programme

SIGN_UP = '[[earn]]\nid = "hello"\nunit = "points"\nby = "action"\naction = "sign-up"\ngive = 7\n'
FIRST = """
[[referrals]]
id = "bring"
label = "Friends"
unit = "points"
on = "first-purchase"
referrer = 500
friend = 200
"""
AT_ONCE = '[[referrals]]\nid = "up"\nlabel = "Hello"\nunit = "points"\non = "sign-up"\nreferrer = 50\n'


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path, programme=programme(POINTS, MONEY, GOLD, SIGN_UP, FIRST, AT_ONCE)) as opened:
        yield opened


def enrol(shop: Shop, op: str, code: str | None, **typed: Any) -> EnrolAnswer:
    return shop.counter.enrol(EnrolAsk(op, name="Ion Nou", referred_by=code, **typed), by=BY)


def points(shop: Shop, account: str) -> int:
    return shop.balances(account)["points"]


def slip_lines(shop: Shop, op: str) -> dict[str, Any]:
    job = SlipQueue(shop.ledger).slip_of(op)
    assert job is not None
    return {line["code"]: line["numbers"] for line in orjson.loads(orjson.dumps(job.facts))["lines"]}


def test_the_slip_of_a_member_has_the_code_for_a_friend(shop: Shop) -> None:
    seen = shop.member()
    shop.sell("S-1", line(100), account=seen.account)

    assert seen.referral_code == code_of(seen.account)
    for op in (f"enrol-{CARD}", "S-1"):
        assert slip_lines(shop, op)["referral_code"] == {"code": seen.referral_code}


def test_a_card_that_nobody_registered_brings_nobody(shop: Shop) -> None:
    assert shop.identify().referral_code is None


def test_both_are_rewarded_for_the_sign_up_and_for_the_first_purchase(shop: Shop) -> None:
    old = shop.member()
    new = enrol(shop, "E-1", old.referral_code)
    assert [reason.code for reason in new.reasons] == ["points_for_action", "referral_referrer"]
    assert (points(shop, old.account), points(shop, new.account)) == (57, 7)

    shop.sell("S-1", line(1000), account=new.account)
    shop.sell("S-2", line(1000), account=new.account)

    assert (points(shop, old.account), points(shop, new.account)) == (557, 7 + 200 + 20)
    assert slip_lines(shop, "S-1")["referral_referrer"]["points"] == 500
    assert "referral_friend" not in slip_lines(shop, "S-2")


def test_returning_the_first_purchase_takes_both_bonuses_back_and_makes_the_next_one_the_first(shop: Shop) -> None:
    old = shop.member()
    new = enrol(shop, "E-1", old.referral_code)
    shop.sell("S-1", line(1000), account=new.account)

    shop.refund("R-1", RefundLine("S-1", 0, 1000))
    assert (points(shop, old.account), points(shop, new.account)) == (57, 7)

    shop.sell("S-2", line(1000), account=new.account)
    assert points(shop, old.account) == 557


def test_what_the_friend_is_told_of_his_balance_leaves_out_what_others_got(shop: Shop) -> None:
    new = enrol(shop, "E-1", shop.member().referral_code)
    sold = shop.counter.sell(SaleAsk("S-1", (line(1000),), new.account), by=BY)

    assert sold.member is not None
    assert sold.member.balances["points"] == points(shop, new.account) == 217


@pytest.mark.parametrize("phone", ["0700111222", "+40 700 111 222"])
def test_nobody_brings_himself_by_the_same_phone(shop: Shop, phone: str) -> None:
    old = shop.counter.enrol(EnrolAsk("E-1", name="Ana", phone="0700 111 222"), by=BY)
    before = shop.entries

    with pytest.raises(NotAllowedError) as refused:
        enrol(shop, "E-2", old.member.referral_code, phone=phone)

    assert (refused.value.hint, shop.entries) == ("enrol without the code", before)
    assert "111" not in str(refused.value)


def test_nobody_is_brought_by_his_own_household(shop: Shop) -> None:
    old = shop.member()
    shop.counter.link(LinkAsk("L-1", old.account, "earn", name="Dan", phone="0700333444"), by=BY)

    with pytest.raises(NotAllowedError, match="nobody brings himself"):
        enrol(shop, "E-2", old.referral_code, phone="0700 333 444")


def test_a_card_is_not_brought_by_the_account_it_has_begun(shop: Shop) -> None:
    begun = shop.identify()

    with pytest.raises(NotAllowedError, match="nobody brings himself"):
        enrol(shop, "E-1", code_of(begun.account), card=CARD)


def test_who_has_bought_here_before_is_nobodys_friend(shop: Shop) -> None:
    old = shop.member()
    shop.sell("S-1", line(100), account=shop.identify(NEXT_CARD).account)

    with pytest.raises(NotAllowedError, match="has bought here before"):
        enrol(shop, "E-1", old.referral_code, card=NEXT_CARD)


def test_a_mistyped_code_is_refused_and_one_of_another_till_is_kept_for_headquarters(shop: Shop) -> None:
    with pytest.raises(InvalidError, match="is no code of a member"):
        enrol(shop, "E-1", "AAAA-AAAAA")

    new = enrol(shop, "E-2", code_of("zzzzzzzzzzzzzzzz"))

    recorded = shop.ledger.find("E-2")
    assert recorded is not None
    assert recorded.entry.body["referred_by"] == {"account": None, "code": "zzzzzzzz"}
    assert points(shop, new.account) == 7


def test_a_member_whom_no_rule_is_for_brings_nobody(shop: Shop) -> None:
    old = shop.member()
    shop.counter.use(programme(POINTS, GOLD, FIRST + 'referrer_tiers = ["gold"]\n'))

    assert shop.counter.member(old.account).referral_code is None
    with pytest.raises(NotAllowedError, match="brings nobody"):
        enrol(shop, "E-1", old.referral_code)


def test_a_programme_without_referrals_knows_no_codes(shop: Shop) -> None:
    old = shop.member()
    shop.counter.use(programme(POINTS))

    with pytest.raises(NotAllowedError, match="has no referrals"):
        enrol(shop, "E-1", old.referral_code)


def test_an_enrolment_repeated_brings_nothing_twice_and_answers_the_same(shop: Shop) -> None:
    old = shop.member()
    first = enrol(shop, "E-1", old.referral_code)
    again = enrol(shop, "E-1", old.referral_code)

    assert (again.repeated, again.reasons, again.entry) == (True, first.reasons, first.entry)
    assert points(shop, old.account) == 57


def test_a_rebuild_gives_the_same(shop: Shop) -> None:
    new = enrol(shop, "E-1", shop.member().referral_code)
    shop.sell("S-1", line(1000), account=new.account)
    before = derived(shop.ledger)

    audit.rebuild(shop.ledger)

    assert derived(shop.ledger) == before
