"""Closing: X and Z reports, and openings of the cash drawer."""
