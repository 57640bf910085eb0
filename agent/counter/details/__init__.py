"""Details: what a member has said of himself, and what he has agreed to."""
