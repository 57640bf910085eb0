"""Staff: who works at the till, and what needs a supervisor."""
