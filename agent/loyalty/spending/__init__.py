"""Spending: what a member may have now, which lots a redemption takes, and what a sale costs less without asking."""
