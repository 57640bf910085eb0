"""`tally devices calibrate`: which device, what comes from it, what came of it."""
