"""Back-test: what a programme would have done to sales that happened."""
