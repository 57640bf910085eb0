"""How a reader or printer is set, found out from what it does with something we know."""
