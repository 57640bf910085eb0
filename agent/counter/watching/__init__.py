"""Watching: the radar over this till's own journal."""
