"""What each call is sent, and the counter's ask it becomes: strict, and read in one way only."""
