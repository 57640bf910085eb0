"""What is plugged into the till, whether till.toml names it or not."""
