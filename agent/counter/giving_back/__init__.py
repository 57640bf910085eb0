"""Giving back: refunds, what they would come to, and redemptions undone."""
