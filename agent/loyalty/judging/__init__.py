"""Judging: what a programme does to a sale."""
