"""Forgetting: a member who is erased, profiles when headquarters is silent for long, slips that were printed."""
