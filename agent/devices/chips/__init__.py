"""What chips are asked and what they answer, whichever reader stands between."""
