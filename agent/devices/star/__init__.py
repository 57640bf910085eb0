"""The language of Star's printers: StarPRNT, and the Star Line Mode it grew from."""
