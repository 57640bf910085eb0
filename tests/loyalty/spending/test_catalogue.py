import pytest

from agent.errors import InvalidError, NotAllowedError, ProgrammeError
from agent.journal.entry import ISSUANCE, Posting
from agent.journal.fold import check_conservation
from agent.loyalty.spending.catalogue import handed_out, restocked, stock_unit
from agent.loyalty.spending.customer import Customer
from agent.loyalty.spending.offering import Offer, nearest, offers
from agent.loyalty.spending.redeeming import redeem
from tests.loyalty.shops import NOW, POINTS, line, member, moves, programme

MUG = """
[[rewards]]
id = "mug"
label = "A mug"
gives = "gift"
unit = "points"
units = 80
stock = 2
"""
SHOP = programme(POINTS, MUG)
UNLIMITED = programme(POINTS, MUG.replace("stock = 2", ""))


def test_a_gift_is_offered_and_given_while_the_till_has_one() -> None:
    holder = member(points=100)

    assert offers(Customer.of(SHOP, holder, NOW), due=None) == (Offer("mug", "A mug", "points", 80, 0, free=False),)
    found = redeem(SHOP, holder, NOW, "mug", units=None, value=None, given={"mug.stock": 1})
    assert (found.units, found.value) == (80, 0)
    assert moves(found.postings) == {("points", "old"): -80}


def test_without_stock_there_is_no_offer_and_no_gift() -> None:
    gone = {stock_unit("mug"): 2}

    assert offers(Customer.of(SHOP, member(points=100), NOW), due=None, given=gone) == ()
    with pytest.raises(NotAllowedError, match="reward 'mug' is out: this till gave all 2 of them"):
        redeem(SHOP, member(points=100), NOW, "mug", units=None, value=None, given=gone)
    assert offers(Customer.of(UNLIMITED, member(points=100), NOW), due=None, given=gone)


def test_a_gift_is_offered_whatever_is_bought_and_is_worth_nothing_on_it() -> None:
    assert offers(Customer.of(SHOP, member(points=100), NOW), due=50, lines=[line(50)])[0].value_max == 0
    with pytest.raises(InvalidError, match="gives a gift, which is worth nothing now"):
        redeem(SHOP, member(points=100), NOW, "mug", units=None, value=100)


def test_a_gift_may_be_near() -> None:
    found = nearest(Customer.of(SHOP, member(points=30), NOW))

    assert found is not None
    assert (found.reward, found.missing) == ("mug", 50)


def test_what_a_till_gave_is_counted_and_counted_back() -> None:
    given = handed_out("mug", "corner/1")
    back = tuple(restocked((*given, Posting("points", "account:m", -80, "old"))))

    assert given == (Posting("mug.stock", ISSUANCE, -1), Posting("mug.stock", "till:corner/1", 1, "stock"))
    check_conservation(given)
    check_conservation(back)
    assert back[1] == Posting("mug.stock", "till:corner/1", -1, "stock")
    assert len(back) == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("stock = 2", "stock = 0", "from 1 to"),
        ('gives = "gift"', 'gives = "money"\nvalue = "1.00"', "unknown key 'stock'"),
    ],
)
def test_a_gift_that_cannot_be_meant_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ProgrammeError, match=message):
        programme(POINTS, MUG.replace(old, new))
