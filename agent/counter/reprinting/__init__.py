"""Slips after their sale: the cashier's word on whether one came out, and copies."""
