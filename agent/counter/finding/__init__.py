"""Finding: who is it without a card, and is it him."""
