"""What headquarters does by itself, once a business day."""
