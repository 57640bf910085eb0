"""What a real process did to the files of a folder, and what it said, in the order it happened: recorded by strace.

`recorded` runs a program under strace and reads the log into calls. With `inject` strace breaks a system call of the
process (strace(1), "Tampering"): `pwrite64:error=EIO:when=3`, `fdatasync:signal=KILL:when=2`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TRACED = (
    "openat,creat,close,dup,dup2,dup3,write,writev,pwrite64,pwritev,fsync,fdatasync,ftruncate,truncate,fallocate,"
    "unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,copy_file_range,sendfile,sync_file_range"
)
_LONGEST = 1 << 20  # bytes of a string that strace shows whole
_CALL = re.compile(r"(?:\d+ +)?(\w+)\((.*?)\) += (\?|-?\d+)(.*)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Call:
    """A system call on a file of the folder, named without it, or something the process said (`name` "said").

    `syscall` is what the kernel calls it, `other` the name a file gets, `data` what was written, `at` where or how long
    a file is to be. `done` is None when the process was killed inside the call.
    """

    name: str
    file: str = ""
    at: int = 0
    data: bytes = b""
    other: str = ""
    done: bool | None = True
    syscall: str = ""


@dataclass(frozen=True, slots=True)
class Ran:
    """A recorded run: what happened, the lines that were said, and how it ended (minus the signal, if killed)."""

    calls: tuple[Call, ...]
    said: tuple[str, ...]
    status: int


def recorded(module: str, folder: Path, *arguments: str, inject: Sequence[str] = ()) -> Ran:
    """Run `python -m module folder arguments` under strace."""
    log = folder.parent / f"{folder.name}.strace"
    command = ["strace", "-f", "-xx", "-s", str(_LONGEST), "-o", str(log), "-e", f"trace={TRACED}", "--signal=none"]
    for tampering in inject:
        command += ["-e", f"inject={tampering}"]
    command += [sys.executable, "-m", module, str(folder), *arguments]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert not ran.stderr.strip() or ran.returncode, ran.stderr
    calls = tuple(parsed(log.read_text().splitlines(), folder))
    return Ran(calls, tuple(ran.stdout.splitlines()), ran.returncode)


def parsed(lines: Iterable[str], folder: Path) -> Iterator[Call]:
    """Read strace's lines; raises AssertionError for a call that changes a file in a way that is not known here."""
    opened: dict[int, str] = {}
    for line in lines:
        assert "unfinished ..." not in line or "exit_group" in line, f"two threads at once: {line[:100]}"
        found = _CALL.match(line)
        if found is None:
            continue
        name, arguments, result, _ = found.groups()
        done = None if result == "?" else not result.startswith("-")
        strings = [bytes.fromhex(text.replace("\\x", "")) for text in _STRING.findall(arguments)]
        first = arguments.partition(",")[0]
        if name == "openat":
            path = _inside(strings[0], folder)
            if done and path is not None:
                opened[int(result)] = path
                yield Call("openat", path, data=b"truncates" if "O_TRUNC" in arguments else b"")
        elif name == "close":
            opened.pop(int(first), None)
        elif name == "write" and first == "1":
            yield Call("said", data=strings[0], done=done, syscall=name)
        else:
            yield from _change(name, arguments, [_inside(text, folder) for text in strings], strings, opened, done=done)


def _change(
    name: str,
    arguments: str,
    paths: Sequence[str | None],
    strings: Sequence[bytes],
    opened: dict[int, str],
    *,
    done: bool | None,
) -> Iterator[Call]:
    first = arguments.partition(",")[0]
    file = opened.get(int(first)) if first.isdecimal() else None
    last = arguments.rpartition(",")[2].strip()
    if name in {"unlink", "unlinkat", "rename", "renameat", "renameat2"} and any(path is not None for path in paths):
        assert None not in paths, f"a file left or entered the folder: {arguments[:200]}"
        kind = "unlink" if name.startswith("unlink") else "rename"
        yield Call(kind, paths[0] or "", other=(paths[1] or "") if kind == "rename" else "", done=done)
    elif file is None:
        assert all(path is None for path in paths), f"{name} is not known here: {arguments[:200]}"
    elif name == "pwrite64":
        yield Call("write", file, at=int(last), data=strings[0], done=done, syscall=name)
    elif name == "write":
        yield Call("append", file, data=strings[0], done=done, syscall=name)
    elif name == "ftruncate":
        yield Call("truncate", file, at=int(last), done=done)
    elif name == "fallocate":
        yield Call("allocate", file, at=int(last), done=done)
    elif name in {"fsync", "fdatasync"}:
        yield Call("sync", file, done=done, syscall=name)
    else:
        raise AssertionError(f"{name} is not known here: {arguments[:200]}")


def _inside(path: bytes, folder: Path) -> str | None:
    """The path's name in the folder, "." for the folder itself, None if it is elsewhere."""
    where = Path(path.decode(errors="replace"))
    if where == folder:
        return "."
    return where.name if where.parent == folder else None
