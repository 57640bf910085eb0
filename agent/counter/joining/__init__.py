"""Joining: who is it, who becomes a member, who belongs to a household."""
