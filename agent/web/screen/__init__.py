"""The cashier's page: one screen that shows the member when a card is read, and takes an amount."""
