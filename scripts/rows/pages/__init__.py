"""Rows about what is to be seen in Chromium."""
