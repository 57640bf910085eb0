"""Where copies of the keys lie and since when: promise X1 lets none of them live longer than 30 days.

A small file beside the ledger says so; it holds no key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import orjson

from agent.errors import BackupError
from agent.upkeep.backup.copying import written_whole

DAYS_MAX: Final = 30
_NAME = "keys-copies.json"
_DAY_MS: Final = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class KeysCopy:
    """A copy of the keys: its file, and when it was made (Unix ms, the till's clock)."""

    file: str
    made_ms: int

    def days(self, now_ms: int) -> int:
        """Return how many whole days old it is."""
        return (now_ms - self.made_ms) // _DAY_MS

    @property
    def is_gone(self) -> bool:
        """Whether it was destroyed: its folder is there and it is not. What is on a stick in a drawer is not gone."""
        file = Path(self.file)
        return file.parent.is_dir() and not file.exists()


def note_copy(folder: Path, file: Path, *, made_ms: int) -> None:
    """Note beside the ledger in `folder` that `file` is a copy of the keys as of now; those that are gone drop out."""
    place = str(file.resolve())
    others = [copy for copy in keys_copies(folder) if copy.file != place]
    with written_whole(folder / _NAME) as part:
        part.write_bytes(orjson.dumps([asdict(copy) for copy in (*others, KeysCopy(place, made_ms))]))


def keys_copies(folder: Path) -> Iterator[KeysCopy]:
    """Yield the copies that there still are, as far as this machine can see, the oldest first."""
    try:
        noted = [KeysCopy(str(one["file"]), int(one["made_ms"])) for one in orjson.loads((folder / _NAME).read_bytes())]
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(
            f"{_NAME!r} cannot be read: {error}", hint="remove it once no copy of the keys is left"
        ) from error
    yield from sorted((copy for copy in noted if not copy.is_gone), key=lambda copy: copy.made_ms)
