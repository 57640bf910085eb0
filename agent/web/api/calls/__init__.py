"""What each call does: it asks the counter once, and answers."""
