"""The messages that catalogs translate, gathered from the source, and the catalogs' files."""
