"""Secure Unique NFC (SUN): an address that an NTAG 424 DNA writes anew at every tap, and the proof in it."""
