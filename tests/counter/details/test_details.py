"""A member's data: shown masked, corrected, completed by a PIN; consents; slips on request; leaving."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.counter import EnrolAsk, EraseAsk, FindAsk
from agent.counter.details.consenting import ConsentAsk
from agent.counter.details.consents import Consenting
from agent.counter.details.correcting import CorrectAsk
from agent.counter.details.pins import PinAsk
from agent.counter.details.printing import SlipAsk, Wanted
from agent.errors import ApprovalNeededError, InvalidError, NotAllowedError, OpConflictError, UnknownError
from agent.ledger.kept.slip_queue import SlipQueue
from agent.ledger.members import profile_of
from tests.counter.shops import BY, CARD, Shop, open_shop
from tests.loyalty.shops import COFFEE, GOLD, MONEY, POINTS, programme

ASKED = '[consent]\ntext = "2026-1"\npurposes = ["marketing", "analysis"]\nchannels = ["email", "till"]\n'
REFERRAL = '[[referrals]]\nid = "friend"\nlabel = "Friend"\nunit = "points"\non = "sign-up"\nreferrer = 5\n'
YES = Consenting("marketing", "email", given=True)
NO = Consenting("analysis", "till", given=False)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path, programme=programme(POINTS, COFFEE, MONEY, GOLD, ASKED)) as opened:
        yield opened


@pytest.fixture
def ana(shop: Shop) -> str:
    ask = EnrolAsk(
        "E-1", name="Ana Testova", phone="0722000123", email="ana@example.org", birthday="1990-02-28", card=CARD
    )
    return shop.counter.enrol(ask, by=BY).account


def body_of(shop: Shop, op: str) -> Any:
    recorded = shop.ledger.find(op)
    assert recorded is not None
    return recorded.entry.body


def slip_of(shop: Shop, op: str) -> dict[str, Any]:
    job = SlipQueue(shop.ledger).slip_of(op)
    assert job is not None
    return job.facts


# -- shown -------------------------------------------------------------------------------------------------------------


def test_details_are_masked(shop: Shop, ana: str) -> None:
    seen = shop.counter.desk.details(ana)

    assert (seen.masked, seen.phone_end, seen.email, seen.has_birthday) == ("Ana T.", "123", "a...@example.org", True)
    assert (seen.language, seen.has_pin, seen.whole) == (None, False, True)
    assert [(card.kind, card.end, card.role) for card in seen.cards] == [("number", "0001", "spend")]


def test_details_say_what_the_programme_asks_and_that_nobody_answered(shop: Shop, ana: str) -> None:
    asked = [(one.purpose, one.channel, one.given) for one in shop.counter.desk.details(ana).consents]

    assert asked == [
        ("marketing", "email", None),
        ("marketing", "till", None),
        ("analysis", "email", None),
        ("analysis", "till", None),
    ]


def test_nobodys_details_are_not_there(shop: Shop) -> None:
    with pytest.raises(UnknownError):
        shop.counter.desk.details("nobody")


# -- corrected ---------------------------------------------------------------------------------------------------------


def test_a_correction_is_found_at_once_and_the_old_is_not(shop: Shop, ana: str) -> None:
    answer = shop.counter.desk.correct(CorrectAsk("C-1", ana, phone="0733000999", name="Ana Popescu"), by=BY)

    assert (answer.changed, answer.member.masked) == (("name", "phone"), "Ana P.")
    assert [one.account for one in shop.counter.find(FindAsk(phone="0733000999"), by=BY)] == [ana]
    assert shop.counter.find(FindAsk(phone="0722000123"), by=BY) == []
    assert shop.counter.find(FindAsk(email="ana@example.org"), by=BY) != []


def test_the_entry_says_which_and_never_what(shop: Shop, ana: str) -> None:
    ask = CorrectAsk("C-1", ana, phone="0733000999", language="ro")
    shop.counter.desk.correct(ask, by=BY)

    assert body_of(shop, "C-1") == {"account": ana, "changed": ["language", "phone"]}
    assert "0733" not in repr(ask)


def test_what_is_cleared_is_forgotten(shop: Shop, ana: str) -> None:
    shop.counter.desk.correct(CorrectAsk("C-1", ana, clear=("email", "birthday")), by=BY)

    seen = shop.counter.desk.details(ana)
    assert (seen.email, seen.has_birthday) == (None, False)
    assert shop.counter.find(FindAsk(email="ana@example.org"), by=BY) == []


def test_a_correction_is_one_however_often_it_is_sent(shop: Shop, ana: str) -> None:
    ask = CorrectAsk("C-1", ana, phone="0733000999")
    shop.counter.desk.correct(ask, by=BY)
    before = shop.entries

    assert shop.counter.desk.correct(ask, by=BY).repeated
    assert shop.entries == before
    with pytest.raises(OpConflictError):
        shop.counter.desk.correct(CorrectAsk("C-1", ana, phone="0733000998"), by=BY)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"name": "Ana", "clear": ("name",)},
        {"clear": ("pin",)},
        {"phone": "12"},
        {"email": "ana"},
        {"birthday": "yesterday"},
        {"language": "tlh"},
    ],
)
def test_a_correction_that_cannot_be_meant_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(InvalidError):
        CorrectAsk("C-1", "a", **said)


def test_a_member_keeps_a_name_or_a_phone_number(shop: Shop, ana: str) -> None:
    with pytest.raises(InvalidError, match="a name or a phone number"):
        shop.counter.desk.correct(CorrectAsk("C-1", ana, clear=("name", "phone")), by=BY)


def test_where_the_till_keeps_a_first_name_only_nothing_is_corrected(shop: Shop, ana: str) -> None:
    part = shop.ledger.keys.seal({"name": "Ana"}, subject=ana, account=ana)
    with shop.ledger.write() as conn:
        conn.execute("UPDATE profile SET sealed = ? WHERE subject = ?", (part.sealed, ana))

    assert not shop.counter.desk.details(ana).whole
    with pytest.raises(NotAllowedError, match="first name only"):
        shop.counter.desk.correct(CorrectAsk("C-1", ana, phone="0733000999"), by=BY)


# -- the PIN -----------------------------------------------------------------------------------------------------------


def test_with_the_card_in_the_hand_a_pin_is_set(shop: Shop, ana: str) -> None:
    card = shop.identify().card

    answer = shop.counter.desk.set_pin(PinAsk("P-1", ana, "8302", card), by=BY)

    assert answer.changed == ("pin",)
    assert shop.counter.desk.details(ana).has_pin
    kept = (profile_of(shop.ledger, ana) or {})["pin"]
    assert kept.startswith("$argon2id$v=19$")
    assert body_of(shop, "P-1") == {"account": ana, "approved_by": None}
    assert "8302" not in repr(PinAsk("P-1", ana, "8302"))


def test_without_the_card_a_supervisor_approves_a_new_pin(shop: Shop, ana: str) -> None:
    shop.counter = shop.begun_anew()

    with pytest.raises(ApprovalNeededError):
        shop.counter.desk.set_pin(PinAsk("P-1", ana, "8302"), by=BY)
    shop.counter.signing.vouch("P-1", "boss")
    shop.counter.desk.set_pin(PinAsk("P-1", ana, "8302"), by=BY)

    assert body_of(shop, "P-1")["approved_by"] == "boss"


def test_a_pin_that_anybody_would_try_first_is_refused() -> None:
    with pytest.raises(InvalidError):
        PinAsk("P-1", "a", "1234")
    with pytest.raises(InvalidError):
        EnrolAsk("E-1", name="Ana", pin="0000")


# -- consents ----------------------------------------------------------------------------------------------------------


def test_consent_is_an_entry_with_the_texts_version_and_a_slip_that_says_it_back(shop: Shop, ana: str) -> None:
    answer = shop.counter.desk.consent(ConsentAsk("K-1", ana, (YES, NO)), by=BY)

    assert answer.changed == ("analysis/till", "marketing/email")
    assert body_of(shop, "K-1") == {
        "account": ana,
        "consents": [
            {"channel": "till", "given": False, "purpose": "analysis"},
            {"channel": "email", "given": True, "purpose": "marketing"},
        ],
        "text": "2026-1",
    }
    slip = slip_of(shop, "K-1")
    assert slip["kind"] == "consent"
    said = [line["code"] for line in slip["lines"]]
    assert said[:4] == ["consent_no", "consent_yes", "consent_text", "consent_withdraw"]


def test_what_is_said_last_counts_and_the_rest_stays(shop: Shop, ana: str) -> None:
    shop.counter.desk.consent(ConsentAsk("K-1", ana, (YES, NO)), by=BY)
    shop.counter.desk.consent(ConsentAsk("K-2", ana, (Consenting("marketing", "email", given=False),)), by=BY)

    seen = shop.counter.desk.details(ana)
    said = {(one.purpose, one.channel): one.given for one in seen.consents if one.given is not None}
    assert said == {("marketing", "email"): False, ("analysis", "till"): False}
    assert (seen.text, seen.text_read) == ("2026-1", "2026-1")


def test_nobody_agrees_to_what_he_was_not_asked(shop: Shop, ana: str) -> None:
    with pytest.raises(NotAllowedError, match="does not ask for marketing by sms"):
        shop.counter.desk.consent(ConsentAsk("K-1", ana, (Consenting("marketing", "sms", given=True),)), by=BY)
    shop.counter.desk.consent(ConsentAsk("K-1", ana, (Consenting("marketing", "sms", given=False),)), by=BY)


@pytest.mark.parametrize(
    "consents",
    [(), (YES, YES), (Consenting("fun", "email", given=True),), (Consenting("marketing", "owl", given=True),)],
)
def test_consents_that_cannot_be_meant_are_refused(consents: tuple[Consenting, ...]) -> None:
    with pytest.raises(InvalidError):
        ConsentAsk("K-1", "a", consents)


def test_a_member_agrees_while_he_joins_and_two_slips_come_out(shop: Shop) -> None:
    ask = EnrolAsk("E-2", name="Bob", consents=(YES, NO))
    answer = shop.counter.enrol(ask, by=BY)

    assert answer.consent is not None
    kinds = [entry.entry.kind for op in ("E-2", f"consent:{answer.entry.id}") if (entry := shop.ledger.find(op))]
    assert kinds == ["enrolment", "consent"]
    assert slip_of(shop, f"consent:{answer.entry.id}")["kind"] == "consent"
    before = shop.entries
    assert shop.counter.enrol(ask, by=BY).consent == answer.consent
    assert shop.entries == before


def test_a_member_who_agrees_to_what_is_not_asked_does_not_join(shop: Shop) -> None:
    before = shop.entries

    with pytest.raises(NotAllowedError):
        shop.counter.enrol(EnrolAsk("E-2", name="Bob", consents=(Consenting("marketing", "sms", given=True),)), by=BY)
    assert shop.entries == before


# -- joining and slips -------------------------------------------------------------------------------------------------


def test_who_joins_with_a_name_only_completes_the_rest_by_a_code_on_the_slip(shop: Shop) -> None:
    shop.counter.enrol(EnrolAsk("E-2", name="Bob"), by=BY)

    ((said, typed, qr),) = slip_of(shop, "E-2")["codes"]
    assert (said, qr) == ("code_details", f"?claim={typed}")
    assert len(typed) == 16
    assert len(body_of(shop, "E-2")["claim"]) == 32
    assert typed not in str(body_of(shop, "E-2"))


def test_who_said_everything_has_nothing_to_complete(shop: Shop, ana: str) -> None:
    assert slip_of(shop, "E-1")["codes"] == []
    assert body_of(shop, "E-1")["claim"] is None


def test_a_balance_comes_out_on_request(shop: Shop, ana: str) -> None:
    ask = SlipAsk("B-1", ana, Wanted.BALANCE)
    shop.counter.desk.print_slip(ask, by=BY)

    assert slip_of(shop, "B-1")["kind"] == "balance"
    assert slip_of(shop, "B-1")["balances"] == [["points", 0]]
    assert body_of(shop, "B-1") == {"account": ana, "slip": "balance"}
    assert shop.counter.desk.print_slip(ask, by=BY).repeated


def test_who_may_bring_friends_gets_the_code_on_a_slip(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=programme(POINTS, REFERRAL)) as shop:
        view = shop.member()
        shop.counter.desk.print_slip(SlipAsk("B-1", view.account, Wanted.REFERRAL), by=BY)

        assert slip_of(shop, "B-1")["codes"] == [["code_referral", view.referral_code, view.referral_code]]


def test_who_brings_nobody_gets_none(shop: Shop, ana: str) -> None:
    with pytest.raises(NotAllowedError, match="brings nobody"):
        shop.counter.desk.print_slip(SlipAsk("B-1", ana, Wanted.REFERRAL), by=BY)


def test_leaving_needs_a_supervisor_and_forgets_the_member(shop: Shop, ana: str) -> None:
    with pytest.raises(ApprovalNeededError):
        shop.counter.leave(EraseAsk("X-1", ana), by=BY)
    shop.counter.signing.vouch("X-1", "boss")

    shop.counter.leave(EraseAsk("X-1", ana, staff="eva"), by=BY)

    recorded = shop.ledger.find("X-1")
    assert recorded is not None
    assert (recorded.entry.staff, recorded.entry.body["approved_by"]) == ("eva", "boss")
    assert shop.counter.find(FindAsk(phone="0722000123"), by=BY) == []
