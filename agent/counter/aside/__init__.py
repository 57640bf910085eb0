"""Sales that were made without loyalty while the ledger could take nothing, kept to be entered later."""
