"""The radar: what in a till's sales looks like collusion, with its numbers."""
