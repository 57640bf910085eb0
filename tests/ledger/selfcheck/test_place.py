import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from agent.errors import LedgerPlaceError
from agent.ledger.selfcheck.place import NETWORK, FileSystem, check_place, file_system, sync_folder
from tests.ledger.tills import opened, sale

# As a kernel shows them (proc_pid_mountinfo(5)).
MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:21 / /proc rw - proc proc rw
31 22 0:44 / /srv/shop rw,relatime shared:9 - nfs4 server:/export rw,vers=4.2
32 22 0:45 / /media/till\\040stick rw shared:10 - fuseblk /dev/sdb1 rw,user_id=0
33 22 0:46 / /mnt/win rw - cifs //server/share rw
34 22 0:47 / /mnt/ssh rw - fuse.sshfs me@server: rw
35 22 0:48 / /mnt/safe rw - fuse.gocryptfs /srv/cipher rw
36 22 0:49 / /mnt/host rw - 9p hostshare rw,trans=virtio
37 22 0:50 / /run rw - tmpfs tmpfs rw
38 31 254:1 / /srv/shop/local rw - xfs /dev/vdb rw
39 22 0:51 / /mnt/win rw - ext4 /dev/vdc rw
40 22 0:52 /var/lib /var/lib rw - overlay overlay rw,lowerdir=/a
"""


@pytest.mark.parametrize(
    ("path", "kind", "mount"),
    [
        ("/opt/till/ledger.db", "ext4", "/"),
        ("/srv/shop/ledger.db", "nfs4", "/srv/shop"),
        ("/srv/shopping/ledger.db", "ext4", "/"),
        ("/srv/shop/local/ledger.db", "xfs", "/srv/shop/local"),
        ("/media/till stick/ledger.db", "fuseblk", "/media/till stick"),
        ("/mnt/win/ledger.db", "ext4", "/mnt/win"),  # mounted over the share
        ("/mnt/ssh/a/b/ledger.db", "fuse.sshfs", "/mnt/ssh"),
        ("/run/tally/ledger.db", "tmpfs", "/run"),
        ("/var/lib/tallystick/ledger.db", "overlay", "/var/lib"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(path: str, kind: str, mount: str) -> None:
    assert file_system(Path(path), mounts=MOUNTS) == FileSystem(kind, mount)


@pytest.mark.parametrize(
    ("kind", "network", "memory", "unknown"),
    [
        *((kind, True, False, False) for kind in sorted(NETWORK)),
        *((f"fuse.{kind}", True, False, False) for kind in ("sshfs", "glusterfs", "rclone")),
        *((kind, False, False, False) for kind in ("ext4", "xfs", "btrfs", "overlay", "vfat", "fuseblk", "zfs")),
        *((kind, False, True, False) for kind in ("tmpfs", "ramfs")),
        ("fuse.gocryptfs", False, False, True),
    ],
)
def test_l10_what_a_ledger_may_lie_on(kind: str, *, network: bool, memory: bool, unknown: bool) -> None:
    system = FileSystem(kind, "/")

    assert (system.is_network, system.is_memory, system.is_unknown) == (network, memory, unknown)


@pytest.mark.parametrize("folder", ["/", "/proc", "/sys", "/dev/shm"])
def test_the_mounts_of_this_machine_are_read_as_its_own_tool_reads_them(folder: str) -> None:
    said = subprocess.run(["stat", "--file-system", "--format=%T", folder], capture_output=True, text=True, check=True)
    kind = file_system(Path(folder)).kind
    name = {"ext2/ext3": "ext4", "overlayfs": "overlay"}.get(said.stdout.strip(), said.stdout.strip())

    assert kind == name


def test_l10_a_ledger_by_two_names_is_refused_and_told_how_to_find_the_other(path: Path) -> None:
    opened(path).close()
    other = path.with_name("other.db")
    other.hardlink_to(path)

    for name in (path, other):
        with pytest.raises(LedgerPlaceError, match="goes by 2 names") as caught:
            opened(name)
        assert f"-samefile {name}" in caught.value.hint
    other.unlink()
    opened(path).close()


def test_l10_a_ledger_behind_a_link_is_refused_and_a_folder_behind_one_is_not(path: Path, tmp_path: Path) -> None:
    opened(path).close()
    (tmp_path / "link.db").symlink_to(path)
    (tmp_path / "folder").symlink_to(path.parent)

    with pytest.raises(LedgerPlaceError, match="is a symbolic link"):
        opened(tmp_path / "link.db")
    with closing(opened(tmp_path / "folder" / path.name)) as ledger:
        assert ledger.append(sale("op-1")).entry.seq == 2


def test_a_place_where_nothing_is_yet_is_taken(tmp_path: Path) -> None:
    check_place(tmp_path / "not" / "yet" / "ledger.db")


def test_a_folder_can_be_synced_and_leaves_nothing_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    sync_folder(tmp_path)

    assert len(list(Path("/proc/self/fd").iterdir())) == before
