"""Both directions of a meeting on a stick, for a shop without a line."""
