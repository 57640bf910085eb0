"""Where a ledger may lie: on a disk of this PC, under one name, and whatever was made there stays made."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from agent.errors import LedgerPlaceError

_MOUNTS = Path("/proc/self/mountinfo")
_LOCAL_DISK = "put it on a disk of this PC (till.folder in till.toml)"

# File systems whose disk is elsewhere (systemd, src/basic/mountpoint-util.c, fstype_is_network; and 9p, by which
# virtual machines see folders of their host). Their locks or their shared memory do not hold what a WAL needs
# (sqlite.org/wal.html: "does not work over a network filesystem").
_NFS = ("nfs", "nfs4", "afs", "ceph", "glusterfs", "gfs", "gfs2", "lustre", "ocfs2", "orangefs", "pvfs2")
_SMB = ("cifs", "smb3", "smbfs", "ncp", "ncpfs")
_OVER_ANYTHING = ("9p", "davfs", "davfs2", "rclone", "s3fs", "sshfs")
NETWORK = frozenset((*_NFS, *_SMB, *_OVER_ANYTHING))
MEMORY = frozenset({"ramfs", "tmpfs"})
_FUSE = "fuse."  # a program in user space: its name follows


@dataclass(frozen=True, slots=True)
class FileSystem:
    """The file system that a path lies on: its type as the kernel names it, and where it is mounted."""

    kind: str
    mount: str

    @property
    def is_network(self) -> bool:
        """Say whether its disk is another computer's."""
        return self.kind.removeprefix(_FUSE) in NETWORK

    @property
    def is_memory(self) -> bool:
        """Say whether it is gone with the power."""
        return self.kind in MEMORY

    @property
    def is_unknown(self) -> bool:
        """Say whether a program that we do not know keeps it; `fuseblk` stands on a disk."""
        return self.kind.startswith(_FUSE) and not self.is_network


def file_system(path: Path, *, mounts: str | None = None) -> FileSystem:
    """Return what `path` lies on, by the table of mounts (proc_pid_mountinfo(5)).

    Not by the numbers of statfs(2): there sshfs and an NTFS disk are both "FUSE".
    """
    lines = (_MOUNTS.read_text(encoding="utf-8", errors="replace") if mounts is None else mounts).splitlines()
    parents = {str(parent) for parent in (path.resolve(), *path.resolve().parents)}
    found = FileSystem("unknown", "/")
    for line in lines:
        fields, _, rest = line.partition(" - ")
        mount = _unescaped(fields.split(" ")[4])
        if mount in parents and len(mount) >= len(found.mount):  # the last of those on one place lies on top
            found = FileSystem(rest.split(" ")[0], mount)
    return found


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), text)


def check_place(path: Path) -> None:
    """Raise LedgerPlaceError if the ledger lies on another computer's disk, or goes by two names."""
    system = file_system(path)
    if system.is_network:
        raise LedgerPlaceError(
            f"ledger {str(path)!r} lies on a network file system ({system.kind}, mounted on {system.mount!r})",
            hint=_LOCAL_DISK,
        )
    if path.is_symlink():
        raise LedgerPlaceError(
            f"ledger {str(path)!r} is a symbolic link to {str(path.readlink())!r}",
            hint="its keys and its lock would lie elsewhere: move the file itself there, or link the folder",
        )
    names = path.stat().st_nlink if path.is_file() else 1
    if names > 1:
        raise LedgerPlaceError(
            f"ledger {str(path)!r} goes by {names} names (hard links): its WAL belongs to one of them only",
            hint=f"find the others with `find {system.mount} -xdev -samefile {path}` and remove them",
        )


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: fsync(2) of a file need not make its name so."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
