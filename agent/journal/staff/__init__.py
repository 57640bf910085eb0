"""The people behind the till: what both halves know of them."""
