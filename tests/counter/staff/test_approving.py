import pytest

from agent.counter.staff.approving import Approvable, needs_approval
from agent.loyalty.programme.supervision import Supervision

STRICT = Supervision(refund_above=5000, void_minutes=10, replace_card=True, move_sale=True)


@pytest.mark.parametrize(
    ("action", "amount", "needed"),
    [
        (Approvable.REFUND, 5000, False),
        (Approvable.REFUND, 5001, True),
        (Approvable.VOID, 10, False),
        (Approvable.VOID, 11, True),
        (Approvable.REPLACE_CARD, 0, True),
        (Approvable.MOVE_SALE, 0, True),
    ],
)
def test_the_programme_says_from_where_on_a_supervisor_is_wanted(
    action: Approvable, amount: int, *, needed: bool
) -> None:
    assert needs_approval(STRICT, action, amount) is needed
    assert not needs_approval(Supervision(), action, amount)


@pytest.mark.parametrize("action", ["waive", "goodwill", "staff", "training", "leave", "member_pin"])
def test_some_things_always_need_one(action: str) -> None:
    assert needs_approval(Supervision(), Approvable(action))
