"""`tally audit`: searches what the agent wrote for what it must never write."""
