"""What the till expects of a device: categories, settings, supervision, and the firewall that payment cards stop at."""
