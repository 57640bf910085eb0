"""A whole company on one machine: headquarters and a till, run by their own commands."""
