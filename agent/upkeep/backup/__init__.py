"""Backup and restore: the ledger, its keys apart from it, and the way back."""
