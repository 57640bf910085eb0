"""The catalogs' files: .po for translators, .mo for the till. Both are in the repository: a till needs no compiler."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from agent.slips.texts.catalogs import DOMAIN, LANGUAGES, SOURCE
from words.gathering import ROOT, messages

TRANSLATED = tuple(language for language in LANGUAGES if language != SOURCE)
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # a header must have one
_FOLDER = ROOT / "agent" / "slips" / "texts" / "locale"


def po_file(language: str) -> Path:
    """Return where a language's translations are."""
    return _FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """Return a language's translations; an empty catalog if it has none yet."""
    path = po_file(language)
    if not path.exists():
        return _empty(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str) -> Catalog:
    """Return a language's translations of what there is now; a new message has none, one that is gone is gone."""
    known, catalog = read(language), _empty(language)
    for message in messages():
        wanted = (message.text, message.many) if message.many else message.text
        found = known.get(message.text, context=message.context)
        same = found is not None and found.id == wanted
        catalog.add(wanted, found.string if same and found else None, context=message.context)
    return catalog


def po_bytes(catalog: Catalog) -> bytes:
    """Return a catalog as a .po file."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=120)
    return buffer.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """Return a catalog as a .mo file."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def entries(catalog: Catalog) -> list[Entry]:
    """Return a catalog's messages without its header."""
    return [entry for entry in catalog if entry.id]


def write(language: str) -> int:
    """Write both files of a language; returns how many messages still lack a translation."""
    catalog, path = updated(language), po_file(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(po_bytes(catalog))
    path.with_suffix(".mo").write_bytes(mo_bytes(catalog))
    return sum(not entry.string or not all(entry.string) for entry in entries(catalog))


def _empty(language: str) -> Catalog:
    """Return a catalog whose header says nothing that changes from day to day."""
    return Catalog(
        locale=language,
        domain=DOMAIN,
        header_comment=f"# Tallystick in {Locale(language).english_name}; scripts/catalogs keeps this file in order.",
        project="Tallystick",
        version="1",
        copyright_holder="Tallystick",
        msgid_bugs_address="-",
        last_translator="-",
        language_team="-",
        creation_date=_SOME_DAY,
        revision_date=_SOME_DAY,
        fuzzy=False,
    )
