"""Runs the command line as `tally` would, in this process, and keeps what it says."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import orjson

from agent.cli import main


@dataclass(frozen=True)
class Said:
    """The exit status, and what stood on standard output and standard error."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert (self.status, self.err) == (0, "")
        return orjson.loads(self.out)

    @property
    def refusal(self) -> str:
        """What was refused: one line, and a line with the next action; nothing else, and no traceback."""
        assert (self.status, self.out) == (1, "")
        line, hint = self.err.splitlines()
        assert line.startswith("tally: ")
        assert hint.startswith("  ")
        assert hint.strip()
        return line.removeprefix("tally: ")


def tally(*arguments: object) -> Said:
    """Run `tally` with these arguments to its end."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    status = 0
    with patch.object(sys, "argv", ["tally", *map(str, arguments)]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            status = int(ended.code or 0)
    return Said(status, *(stream.buffer.getvalue().decode() for stream in (out, err)))
