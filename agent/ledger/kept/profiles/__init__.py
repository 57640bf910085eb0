"""Personal data on the till: sealed profiles, the keys they open with, and the tokens they are found by."""

from agent.ledger.kept.profiles.forms import phone_digits
from agent.ledger.kept.profiles.keys import Keys, NewProfile
from agent.ledger.kept.profiles.rows import put_profile

__all__ = ["Keys", "NewProfile", "phone_digits", "put_profile"]
