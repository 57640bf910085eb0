"""The linter: what a programme would do that nobody meant, found before it is published."""
