"""The kinds of rules: one module each, with the dataclasses of a kind and the functions that read them."""
