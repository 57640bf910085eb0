"""Complaints: what happened to a member, a sale that went to the wrong one, points given out of goodwill."""
