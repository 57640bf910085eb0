"""ESC/POS, the language most receipt printers speak: a Document in, bytes out; the printer's answers back in."""
