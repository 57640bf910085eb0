"""When a till meets headquarters, and how old its news are."""
