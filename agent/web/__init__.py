"""The local API and the cashier's screen."""
