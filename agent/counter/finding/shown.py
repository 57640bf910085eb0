"""Which cards were shown at this till of late: who has shown his card may spend."""

from __future__ import annotations

from typing import Final

SHOWN_MS: Final = 60 * 60 * 1000  # a parked sale may take as long; then the card is read again
_CARDS_MAX: Final = 1000


class Shown:
    """Cards by their ids, and when they were read last, on the till's monotone clock (ms).

    In memory: after a restart of the agent a card is read again. The caller holds the ledger's lock.
    """

    def __init__(self) -> None:
        self._at: dict[str, int] = {}

    def note(self, card: str, now_ms: int) -> None:
        """Note that a card was read."""
        self._at.pop(card, None)
        self._at[card] = now_ms
        while len(self._at) > _CARDS_MAX:
            self._at.pop(next(iter(self._at)))

    def forget(self, card: str) -> None:
        """Forget a card that was blocked."""
        self._at.pop(card, None)

    def is_here(self, card: str | None, now_ms: int) -> bool:
        """Say whether a card was read within the last hour."""
        at = None if card is None else self._at.get(card)
        return at is not None and now_ms - at < SHOWN_MS
