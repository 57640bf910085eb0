"""Ageing: what goes with time, when it is told, and what becomes of it."""
