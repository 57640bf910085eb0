"""Keeps every device running: one thread per driver, and a status word when one does not."""
