"""What travels on a stick between a till and headquarters, where there is no line."""
