"""The back-test of a programme: reading what happened, and judging it on every core."""
