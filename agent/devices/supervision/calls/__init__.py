"""Calls into a driver: with a limit, one at a time, and believed only if the answer is what it should be."""
