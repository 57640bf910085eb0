"""The other half of the stick: what to send to headquarters, what to take from it, and when."""
