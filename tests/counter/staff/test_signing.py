from pathlib import Path

import pytest

from agent.counter import Approvable, ApprovalAsk, Change, StaffAsk
from agent.counter.staff.signing import FREE_TRIES, TRIES_MAX, Signing
from agent.errors import ApprovalNeededError, InvalidError, NotAllowedError, NotSignedInError, OpConflictError
from agent.journal.staff.people import Role
from agent.loyalty.programme.supervision import Supervision
from tests.counter.shops import BY, Shop, line, open_shop, shop_programme

PIN = "4071"
OTHER = "9315"
STRICT = Supervision(refund_above=0)


def named(
    shop: Shop, staff: str, pin: str | None = PIN, *, role: Role = Role.CASHIER, change: Change = Change.ADD
) -> str:
    """Name somebody, by the word of whoever stands at the command line."""
    op = f"{change}-{staff}-{shop.entries}"
    shop.counter.signing.vouch(op, "token:cli")
    shop.counter.name_staff(StaffAsk(op, change, staff, role, pin), by=BY)
    return op


def test_who_was_added_signs_in_with_his_pin_and_with_no_other(shop: Shop) -> None:
    named(shop, "ana", role=Role.SUPERVISOR)

    session = shop.counter.signing.sign_in("ana", PIN)

    assert (session.staff, session.role) == ("ana", Role.SUPERVISOR)
    assert shop.counter.signing.who(session.id) == session
    with pytest.raises(NotSignedInError):
        shop.counter.signing.sign_in("ana", OTHER)
    with pytest.raises(NotSignedInError):
        shop.counter.signing.sign_in("nobody", PIN)


def test_a_session_ends_when_it_is_ended_and_when_its_staff_left(shop: Shop) -> None:
    named(shop, "ana")
    named(shop, "ion")
    signing = shop.counter.signing
    ana, ion = signing.sign_in("ana", PIN), signing.sign_in("ion", PIN)

    signing.sign_out(ana.id)
    named(shop, "ion", None, change=Change.REMOVE)

    for session in (ana, ion):
        with pytest.raises(NotSignedInError):
            signing.who(session.id)
    with pytest.raises(NotSignedInError):
        signing.sign_in("ion", PIN)


def test_nothing_of_a_pin_stands_in_the_journal(shop: Shop) -> None:
    named(shop, "ana")

    with shop.ledger.reading() as conn:
        entries = b"".join(row[0] for row in conn.execute("SELECT bytes FROM entry"))

    assert b'"named":"ana"' in entries
    assert b"argon2" not in entries
    assert PIN.encode() not in entries


def test_naming_needs_a_supervisor_and_is_safe_to_repeat(shop: Shop) -> None:
    with pytest.raises(ApprovalNeededError) as refused:
        shop.counter.name_staff(StaffAsk("N-1", Change.ADD, "ana", pin=PIN), by=BY)
    assert refused.value.action == "staff"

    op = named(shop, "ana")
    before = shop.entries
    again = shop.counter.name_staff(StaffAsk(op, Change.ADD, "ana", pin=PIN), by=BY)

    assert again.repeated
    assert shop.entries == before
    with pytest.raises(OpConflictError):
        shop.counter.name_staff(StaffAsk(op, Change.ADD, "ion", pin=PIN), by=BY)
    with pytest.raises(NotAllowedError):
        named(shop, "ana")


@pytest.mark.parametrize("change", [Change.ADD, Change.RESET])
def test_who_is_added_needs_a_pin_and_who_leaves_has_none(change: Change) -> None:
    with pytest.raises(InvalidError):
        StaffAsk("N-1", change, "ana")
    with pytest.raises(InvalidError):
        StaffAsk("N-1", Change.REMOVE, "ana", pin=PIN)


def test_after_some_wrong_pins_the_next_waits_and_a_restart_does_not_help(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=shop_programme()) as shop:
        named(shop, "ana")
        for _ in range(FREE_TRIES):
            with pytest.raises(NotSignedInError, match="wrong"):
                shop.counter.signing.sign_in("ana", OTHER)
        with pytest.raises(NotSignedInError, match="wait"):
            shop.counter.signing.sign_in("ana", PIN)
        for _ in range(TRIES_MAX - FREE_TRIES):
            with pytest.raises(NotSignedInError, match="wrong"):
                Signing(shop.ledger).sign_in("ana", OTHER)  # as after a restart
        with pytest.raises(NotSignedInError, match="locked"):
            Signing(shop.ledger).sign_in("ana", PIN)
        assert [(kept.staff, locked) for kept, locked in shop.counter.signing.people()] == [("ana", True)]

        named(shop, "ana", OTHER, change=Change.RESET)

        assert Signing(shop.ledger).sign_in("ana", OTHER).staff == "ana"


def test_a_right_pin_forgets_the_wrong_ones(shop: Shop) -> None:
    named(shop, "ana")
    signing = shop.counter.signing
    for _ in range(TRIES_MAX):
        with pytest.raises(NotSignedInError):
            signing.sign_in("ana", OTHER)
        assert signing.sign_in("ana", PIN)


def test_a_supervisors_word_is_for_one_op_and_one_action(shop: Shop) -> None:
    named(shop, "vera", role=Role.SUPERVISOR)
    signing = shop.counter.signing
    signing.approve(ApprovalAsk("R-1", Approvable.REFUND, "vera", PIN))

    assert signing.require(STRICT, Approvable.REFUND, op="R-1", amount=1) == "vera"
    assert signing.require(STRICT, Approvable.REFUND, op="R-2") is None  # nothing to approve
    for op, action in (("R-2", Approvable.REFUND), ("R-1", Approvable.GOODWILL)):
        with pytest.raises(ApprovalNeededError):
            signing.require(STRICT, action, op=op, amount=1)


def test_a_cashier_approves_nothing(shop: Shop) -> None:
    named(shop, "ana")

    with pytest.raises(NotAllowedError, match="no supervisor"):
        shop.counter.signing.approve(ApprovalAsk("R-1", Approvable.REFUND, "ana", PIN))


def test_what_was_recorded_needs_no_second_word(shop: Shop) -> None:
    shop.sell("S-1", line(500))

    assert shop.counter.signing.require(STRICT, Approvable.REFUND, op="S-1", amount=1) is None
