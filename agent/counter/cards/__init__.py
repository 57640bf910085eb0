"""Cards: which a member has, and what becomes of one that is lost."""
