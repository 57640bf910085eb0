"""Rows about two halves that meet: how fast, how fast when much is held already, and how soon a crowd is answered."""
