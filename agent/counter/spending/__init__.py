"""Spending at the counter: redemptions of units, of money and of vouchers."""
