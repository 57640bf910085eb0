"""The code changed in small ways, one at a time, by mutmut; `scripts/mutants` starts it."""
