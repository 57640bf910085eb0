"""What each call does and answers, as point-of-sale software sees it."""

import threading
from pathlib import Path
from typing import Any

import pytest

from agent.ledger import audit
from agent.loyalty.cards import Source
from agent.web.tokens import Scope
from tests.counter.shops import BY, open_shop
from tests.loyalty.shops import POINTS, programme
from tests.loyalty.spending.test_vouchers import FIVE
from tests.web.till import LINE, SERVED, WebTill, error_of, listening, serve

MEMBER = {
    "account",
    "card",
    "spends",
    "status",
    "name",
    "tier",
    "balances",
    "labels",
    "phone_end",
    "punch_cards",
    "nearest",
    "offers",
    "perks",
    "credit",
    "notices",
    "waiting",
    "referral_code",
    "masked",
    "birthday",
    "language",
    "proofs",
    "spendable",
}
JUDGED = {
    "total",
    "due",
    "discounts",
    "effects",
    "missed",
    "balances",
    "credit",
    "vouchers",
    "nearest",
    "tier",
    "offers",
    "entry",
    "repeated",
}
ENTRY = {"till", "epoch", "seq", "id", "hash"}
OFFER = {"reward", "label", "unit", "units_max", "value_max", "free"}


def refused(till: WebTill, path: str, status: int, code: str, **body: Any) -> dict[str, str]:
    before = till.shop.entries
    answer = till.pos.post(f"/v1/{path}", json=body)
    assert (answer.status_code, error_of(answer)["code"]) == (status, code)
    assert till.shop.entries == before
    return error_of(answer)


# -- identify, members -------------------------------------------------------------------------------------------------


def test_a_new_card_is_a_provisional_member(till: WebTill) -> None:
    (member,) = till.post("identify", card=till.new_card())["members"]

    assert set(member) == MEMBER
    assert (member["status"], member["name"], member["offers"]) == ("provisional", None, [])
    assert member["balances"] == {"points": 0, "coffee": 0}
    assert member["labels"] == {"points": "points", "coffee": "Coffee card"}


def test_a_member_is_found_by_card_phone_and_name(till: WebTill) -> None:
    card = till.new_card()
    made = till.post("members", op=till.new_op(), name="Ileana Găsita", phone="0711222333", card=card)

    by_card = till.post("identify", card=card)["members"]
    by_phone = till.post("identify", phone="+40 711 222 333")["members"]
    by_name = till.post("identify", name="gasita")["members"]

    assert [member["account"] for member in (*by_card, *by_phone, *by_name)] == [made["account"]] * 3
    assert by_card[0]["card"] == made["card"]
    assert by_card[0]["name"] == "Ileana"


def test_nobody_found_is_an_empty_list(till: WebTill) -> None:
    assert till.post("identify", phone="0799999999") == {"members": []}
    assert till.post("identify", name="Nobody") == {"members": []}


def test_a_member_is_shown_by_account(till: WebTill) -> None:
    account = till.member(points=120)

    member = till.pos.get(f"/v1/members/{account}").json()

    assert set(member) == MEMBER
    assert (member["account"], member["status"], member["balances"]["points"]) == (account, "regular", 120)
    (offer,) = member["offers"]
    assert set(offer) == OFFER
    assert (offer["units_max"], offer["value_max"], offer["free"]) == (120, 600, False)
    assert member["nearest"] == {
        "reward": "coffee",
        "label": "Coffee card",
        "unit": "coffee",
        "unit_label": "Coffee card",
        "missing": 9,
    }


def test_an_account_that_is_not_there_is_unknown(till: WebTill) -> None:
    answer = till.pos.get("/v1/members/nobody")

    assert (answer.status_code, error_of(answer)["code"]) == (404, "unknown")


def test_an_enrolment_answers_account_card_and_entry(till: WebTill) -> None:
    answer = till.post("members", op=till.new_op(), name="Ana Testova", card=till.new_card())

    assert set(answer) == {"entry", "account", "card", "consent", "reasons", "member", "repeated"}
    assert set(answer["entry"]) == ENTRY
    assert len(answer["account"]) == len(answer["card"]) == 16
    assert not answer["repeated"]


def test_the_account_of_a_card_that_was_just_read_becomes_a_member(till: WebTill) -> None:
    (begun,) = till.post("identify", card=till.new_card())["members"]

    joined = till.post("members", op=till.new_op(), name="Ana Testova", account=begun["account"])

    assert (joined["account"], joined["card"]) == (begun["account"], begun["card"])
    assert joined["member"]["status"] == "regular"


def test_a_member_is_not_made_twice(till: WebTill) -> None:
    card = till.new_card()
    op = till.new_op()
    first = till.post("members", op=op, name="Ana", card=card)

    again = till.post("members", op=op, name="Ana", card=card)
    assert (again["repeated"], again["account"], again["entry"]) == (True, first["account"], first["entry"])
    refused(till, "members", 409, "op_conflict", op=op, name="Ion", card=card)
    refused(till, "members", 409, "not_allowed", op=till.new_op(), name="Ion", card=card)


def test_a_card_of_a_household_is_linked_and_only_collects(till: WebTill) -> None:
    account, card, op = till.member(points=200), till.new_card(), till.new_op()

    linked = till.post(f"members/{account}/cards", op=op, card=card, role="earn", name="Ion")

    assert set(linked) == {"entry", "account", "card", "role", "member", "repeated"}
    (seen,) = till.post("identify", card=card)["members"]
    assert (seen["account"], seen["card"], seen["spends"], seen["offers"]) == (account, linked["card"], False, [])
    said = {"op": till.new_op(), "account": account, "reward": "money", "card": linked["card"], "units": 100}
    refused(till, "redemptions", 409, "not_allowed", **said)
    assert till.post(f"members/{account}/cards", op=op, card=card, role="earn", name="Ion")["repeated"]
    refused(till, f"members/{account}/cards", 422, "invalid", op=till.new_op(), card=till.new_card(), role="give")


def test_a_member_is_found_by_e_mail_and_told_from_namesakes_by_the_number(till: WebTill) -> None:
    for number in ("123", "124"):
        till.post("members", op=till.new_op(), name="Ana Pop", phone=f"0722000{number}", email=f"{number}@example.org")

    (seen,) = till.post("identify", email="124@EXAMPLE.org")["members"]
    assert (seen["name"], seen["phone_end"]) == ("Ana", "124")
    assert {one["phone_end"] for one in till.post("identify", name="Anna Pop")["members"]} == {"123", "124"}


def test_only_a_supervisor_erases_a_member_and_once(till: WebTill) -> None:
    account, op = till.member(points=10, name="Gil Erasable"), till.new_op()
    path = f"members/{account}/erasure"
    refused(till, path, 403, "forbidden", op=op)

    supervisor = till.client(Scope.SUPERVISOR)
    first = supervisor.post(f"/v1/{path}", json={"op": op}).json()
    again = supervisor.post(f"/v1/{path}", json={"op": op}).json()

    assert set(first) == {"entry", "account", "pending", "repeated"}
    assert (first["account"], first["pending"], first["repeated"], again["repeated"]) == (account, [], False, True)
    assert till.post("identify", name="Gil Erasable")["members"] == []


def test_a_mistyped_code_of_a_friend_enrols_nobody(till: WebTill) -> None:
    refused(till, "members", 422, "invalid", op=till.new_op(), name="Ion", referred_by="AAAA-AAAAA")


# -- preview, sales ----------------------------------------------------------------------------------------------------


def test_a_preview_says_what_a_sale_would_do_and_why(till: WebTill) -> None:
    account = till.member(points=10)
    before = till.shop.entries

    answer = till.post("preview", account=account, lines=[LINE, {**LINE, "category": "coffee"}])

    assert set(answer) == JUDGED
    assert (answer["total"], answer["due"], answer["entry"]) == (3060, 3060, None)
    points, punches, spend = answer["effects"]
    assert points == {
        "rule": "earning",
        "unit": "points",
        "amount": 30,
        "reason": {"code": "points_for_amount", "points": 30, "eligible": 3060, "per": 100},
        "text": "Points for €30.60, per €1.00: +30",
        "account": None,
    }
    assert (punches["unit"], punches["amount"]) == ("coffee", 2)
    assert (spend["unit"], spend["amount"]) == ("spend", 3060)
    assert answer["balances"] == {"points": 40, "coffee": 2}
    assert till.shop.entries == before


def test_a_sale_answers_its_entry(till: WebTill) -> None:
    account = till.member()
    op = till.new_op()

    answer = till.post("sales", op=op, account=account, lines=[LINE], sold_at="2010-12-01T08:26:00", staff="7")

    assert set(answer) == JUDGED
    assert set(answer["entry"]) == ENTRY
    assert answer["entry"]["seq"] == till.shop.entries
    recorded = till.shop.ledger.find(op)
    assert recorded is not None
    assert recorded.hash.hex() == answer["entry"]["hash"]
    assert (recorded.entry.by, recorded.entry.staff, recorded.entry.day) == ("pos", "7", "2010-12-01")


def test_an_anonymous_sale_has_nothing_of_a_member(till: WebTill) -> None:
    answer = till.post("sales", op=till.new_op(), lines=[LINE])

    assert (answer["balances"], answer["nearest"], answer["tier"], answer["offers"]) == (None, None, None, [])
    assert answer["effects"][0]["reason"] == {"code": "no_member"}


def test_a_sale_repeated_is_the_same_answer_and_one_effect(till: WebTill) -> None:
    account = till.member()
    body = {"op": till.new_op(), "account": account, "lines": [LINE]}
    first = till.post("sales", **body)
    before = till.shop.entries

    again = till.post("sales", **body)

    assert again == {**first, "repeated": True}
    assert till.shop.entries == before


def test_a_sale_sent_by_another_token_with_the_same_content_is_a_repetition(till: WebTill) -> None:
    body = {"op": till.new_op(), "lines": [LINE]}
    till.post("sales", **body)

    assert till.client(Scope.SCREEN).post("/v1/sales", json=body).json()["repeated"]


def test_the_same_op_with_other_content_is_refused(till: WebTill) -> None:
    op = till.sell()

    refused(till, "sales", 409, "op_conflict", op=op, lines=[{**LINE, "amount": 1531}])
    refused(till, "refunds", 409, "op_conflict", op=op, lines=[LINE])


def test_a_sale_for_somebody_unknown_is_refused(till: WebTill) -> None:
    error = refused(till, "sales", 404, "unknown", op=till.new_op(), account="982600123465", lines=[LINE])

    assert "982600123465" not in error["message"]


@pytest.mark.parametrize("sold_at", ["yesterday", "2010-12-01T08:26:00Z", "2010-13-01T00:00:00"])
def test_a_time_that_is_no_local_time_is_refused(till: WebTill, sold_at: str) -> None:
    error = refused(till, "sales", 422, "invalid", op=till.new_op(), lines=[LINE], sold_at=sold_at)

    assert sold_at in error["message"]


# -- redemptions, refunds ----------------------------------------------------------------------------------------------


def test_a_redemption_pays_part_of_the_sale_that_names_it(till: WebTill) -> None:
    account = till.member(points=150)
    op = till.new_op()

    redeemed = till.post("redemptions", op=op, account=account, reward="money")

    said = {"entry", "label", "unit", "units", "value", "balances", "credit", "vouchers", "repeated", "ground"}
    assert set(redeemed) == said
    assert redeemed["ground"] == "balance"  # this till stands alone
    assert (redeemed["units"], redeemed["value"], redeemed["balances"]["points"]) == (100, 500, 50)
    sold = till.post("sales", op=till.new_op(), account=account, lines=[LINE], redemptions=[op])
    assert (sold["total"], sold["due"]) == (1530, 1030)
    refused(till, "sales", 409, "not_allowed", op=till.new_op(), account=account, lines=[LINE], redemptions=[op])


def test_units_and_the_price_of_a_free_article_are_said(till: WebTill) -> None:
    account = till.member(points=50)
    till.post("sales", op=till.new_op(), account=account, lines=[{**LINE, "quantity": 9, "category": "coffee"}])

    part = till.post("redemptions", op=till.new_op(), account=account, reward="money", units=30)
    free = till.post("redemptions", op=till.new_op(), account=account, reward="coffee", value=320)

    assert (part["units"], part["value"]) == (30, 150)
    assert (free["units"], free["value"]) == (9, 320)


def test_a_redemption_of_what_is_not_there_is_refused_with_what_is(till: WebTill) -> None:
    account = till.member(points=20)

    error = refused(till, "redemptions", 409, "insufficient", op=till.new_op(), account=account, reward="money")
    assert "20" in error["hint"]
    refused(till, "redemptions", 404, "unknown", op=till.new_op(), account=account, reward="trip")
    (new,) = till.post("identify", card=till.new_card())["members"]
    refused(till, "redemptions", 409, "not_allowed", op=till.new_op(), account=new["account"], reward="money")


def test_a_redemption_is_given_back_once(till: WebTill) -> None:
    account = till.member(points=150)
    op, undo = till.new_op(), till.new_op()
    till.post("redemptions", op=op, account=account, reward="money")

    answer = till.post("refunds", op=undo, redemption=op)

    shown = {"entry", "money", "credited", "effects", "balances", "credit", "vouchers", "repeated", "provisional"}
    assert set(answer) == shown
    assert (answer["money"], answer["provisional"], answer["balances"]["points"]) == (0, False, 150)
    assert answer["effects"][0]["text"] == "Given back to you: +100 points"
    assert till.post("refunds", op=undo, redemption=op)["repeated"]
    refused(till, "refunds", 409, "not_allowed", op=till.new_op(), redemption=op)
    refused(till, "refunds", 404, "unknown", op=till.new_op(), redemption="never")


def test_a_refund_takes_lines_back_with_and_without_receipt(till: WebTill) -> None:
    account = till.member()
    sale = till.sell(account, amount=2000)  # two pieces
    loose = {"article": "x", "quantity": "1.5", "amount": 300}

    answer = till.post(
        "refunds",
        op=till.new_op(),
        account=account,
        lines=[{"sale": sale, "line": 0, "quantity": 1}, loose],
        refunded_at="2010-12-02T10:00:00",
    )

    assert answer["money"] == 1300
    assert answer["balances"]["points"] == 7
    points, spend = answer["effects"]
    assert (points["rule"], points["unit"], points["amount"]) == (None, "points", -13)
    assert points["reason"] == {"code": "reversed", "units": 13, "unit": "points"}
    assert points["text"] == "Taken back for returned goods: -13 points"
    assert (spend["amount"], spend["text"]) == (-1300, "Counts towards your status: -€13.00")


def test_a_refund_is_shown_before_it_is_made(till: WebTill) -> None:
    account = till.member()
    sale = till.sell(account, amount=10000)
    till.post("redemptions", op=till.new_op(), account=account, reward="money", units=60)
    before = till.shop.entries

    shown = till.post("preview_refund", lines=[{"sale": sale, "line": 0, "quantity": 2}])

    assert till.shop.entries == before
    assert (shown["money"], shown["when_spent"]) == (10000, "debt")
    assert (shown["tier_before"], shown["tier_after"]) == (None, None)
    assert shown["spent"] == [{"unit": "points", "units": 60, "charged": 0, "value": 0, "waived": 0, "owed": 60}]
    assert {(lot["unit"], lot["units"], lot["expires"]) for lot in shown["lots"]} == {
        ("points", -100, None),
        ("spend", -10000, None),
    }
    assert shown["balances"]["points"] == -60
    assert shown["effects"][-1]["text"] == "Spent already, and owed: 60 points"
    made = till.post("refunds", op=till.new_op(), lines=[{"sale": sale, "line": 0, "quantity": 2}])
    assert (made["money"], made["balances"], made["effects"]) == (shown["money"], shown["balances"], shown["effects"])


def test_only_a_supervisor_asks_to_let_go_what_was_spent(till: WebTill) -> None:
    sale = till.sell(till.member())
    body = {"op": till.new_op(), "lines": [{"sale": sale, "line": 0, "quantity": 1}], "waive": True}

    answer = till.pos.post("/v1/refunds", json=body)
    allowed = till.client(Scope.SUPERVISOR).post("/v1/refunds", json=body)

    assert (answer.status_code, answer.json()["error"]["action"]) == (409, "waive")
    assert answer.json()["error"]["code"] == "approval_needed"
    assert error_of(allowed)["code"] == "not_allowed"  # this programme waives nothing


def test_more_than_was_bought_is_refused_with_what_is_left(till: WebTill) -> None:
    sale = till.sell()
    line = {"sale": sale, "line": 0, "quantity": 3}

    error = refused(till, "refunds", 422, "invalid", op=till.new_op(), lines=[line])

    assert "2000 are left" in error["message"]
    refused(till, "refunds", 404, "unknown", op=till.new_op(), lines=[{**line, "sale": "never"}])


def test_a_refund_repeated_gives_money_back_once(till: WebTill) -> None:
    sale = till.sell()
    body = {"op": till.new_op(), "lines": [{"sale": sale, "line": 0, "quantity": 2}]}
    first = till.post("refunds", **body)

    assert till.post("refunds", **body) == {**first, "repeated": True}


# -- status and everything ---------------------------------------------------------------------------------------------


def test_the_status_has_the_programme_and_every_section_of_the_board(till: WebTill) -> None:
    till.board.show("devices", lambda: [{"name": "scanner", "status": "enabled"}])
    till.board.show("slips", lambda: {"queued": 0})

    status = till.pos.get("/v1/status").json()

    programme = till.shop.counter.require_programme()
    assert status["programme"] == {"name": "Test shop", "version": programme.version, "currency": "EUR"}
    assert status["devices"] == [{"name": "scanner", "status": "enabled"}]
    assert status["slips"] == {"queued": 0}


def test_a_till_without_a_programme_says_so(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=None) as shop, WebTill(shop, tmp_path, SERVED) as till:
        assert till.pos.get("/v1/status").json()["programme"] is None
        for path, body in (("identify", {"card": "925000000001"}), ("sales", {"op": "S", "lines": [LINE]})):
            error = refused(till, path, 409, "not_allowed", **body)
            assert "no programme" in error["message"]


def test_two_tills_at_the_counter_sell_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    with serve(tmp_path) as till:
        account = till.member()
        before = till.shop.entries
        answers: list[int] = []

        def sell(name: str) -> None:
            client = till.client(Scope.POS)
            for i in range(20):
                body = {"op": f"{name}-{i}", "account": account, "lines": [{**LINE, "amount": 500}]}
                answers.extend(client.post("/v1/sales", json=body).status_code for _ in range(2))

        threads = [threading.Thread(target=sell, args=(name,)) for name in ("left", "right")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert set(answers) == {200}
        assert till.shop.entries == before + 40
        assert till.shop.balances(account)["points"] == 40 * 5
        audit.verify(till.shop.ledger)


def test_a_sale_is_told_once_to_everyone_who_listens_and_a_repetition_as_what_it_is(till: WebTill) -> None:
    account = till.member()
    first, second = till.new_op(), till.new_op()
    with listening(till.client(Scope.SCREEN)) as events:
        for op in (first, first, second):
            answer = till.post("sales", op=op, account=account, lines=[LINE])

        heard = [next(events) for _ in range(3)]

    assert [kind for kind, _ in heard] == ["sale", "sale_again", "sale"]
    assert [data["op"] for _, data in heard] == [first, first, second]
    assert heard[2][1] == {"op": second, "by": "pos", "account": account, "sale": answer}


def test_a_card_read_and_a_card_typed_are_the_same_member(till: WebTill) -> None:
    card = till.new_card()

    read = till.shop.counter.identify(card, Source.NUMBER, by=BY)

    assert till.post("identify", card=card)["members"][0]["account"] == read.account


def test_a_voucher_that_a_sale_gave_is_spent_by_its_code_and_is_nobodys(tmp_path: Path) -> None:
    with serve(tmp_path, programme=programme(POINTS, FIVE)) as till:
        account = till.member()
        sold = till.post("sales", op=till.new_op(), account=account, lines=[{**LINE, "amount": 6000}])
        (voucher,) = sold["vouchers"]
        op = till.new_op()

        answer = till.post("redemptions", op=op, code=voucher["typed"])

        assert set(voucher) == {"kind", "label", "qr", "typed", "last_day"}
        assert (answer["value"], answer["balances"], answer["vouchers"]) == (500, None, [])
        paid = till.post("sales", op=till.new_op(), lines=[{**LINE, "amount": 3000}], redemptions=[op])
        assert paid["due"] == 2500
        both = {"code": voucher["typed"], "account": account, "reward": "five"}
        for status, code, body in (
            (409, "not_allowed", {"code": voucher["qr"]}),
            (422, "code", {"code": "A" * 19 + "B"}),
            (422, "invalid", both),
        ):
            answered = till.pos.post("/v1/redemptions", json={"op": till.new_op(), **body})
            assert (answered.status_code, error_of(answered)["code"]) == (status, code)


def test_a_review_is_recorded_and_one_that_nothing_is_given_for_too(till: WebTill) -> None:
    account = till.member(points=120)

    answer = till.post("actions", op="A-1", account=account, action="review")
    again = till.post("actions", op="A-1", account=account, action="review")

    assert (answer["effects"], answer["missed"], answer["balances"]["points"]) == ([], [], 120)
    assert (answer["repeated"], again["repeated"], again["entry"]) == (False, True, answer["entry"])
    refused = till.send("actions", b'{"op": "A-2", "account": "x", "action": "sign-up"}')
    assert refused.status_code == 422
    assert "must be one of profile, review, survey" in refused.json()["error"]["message"]
