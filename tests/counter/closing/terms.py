"""A programme with a unit of every kind: points, punches, gift cards, store credit, vouchers."""

from tests.counter.test_gift_cards import CREDIT
from tests.loyalty.shops import COFFEE, HEAD, MONEY, OPEN, POINTS
from tests.loyalty.spending.test_credit import GIFT
from tests.loyalty.spending.test_vouchers import FIVE

TERMS = f"{HEAD}{POINTS}{COFFEE}{MONEY}{GIFT}{CREDIT}{FIVE}{OPEN}".encode()
