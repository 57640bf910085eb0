"""Bring the catalogs up to date and say what is still to be translated."""

from __future__ import annotations

from words.catalogs import TRANSLATED, po_file, write
from words.gathering import ROOT

if __name__ == "__main__":
    for language in TRANSLATED:
        print(f"{po_file(language).relative_to(ROOT)}: {write(language)} to translate")
