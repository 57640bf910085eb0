"""Reversal: what a refund takes back and gives back."""

from agent.loyalty.reversal.recorded import RecordedSale, Reversal, Spent
from agent.loyalty.reversal.with_receipt import reverse, undo_redemption
from agent.loyalty.reversal.without_receipt import without_receipt

__all__ = ["RecordedSale", "Reversal", "Spent", "reverse", "undo_redemption", "without_receipt"]
