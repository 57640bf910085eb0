"""The till PC's disk: Debian of the host's own release, with everything a till needs but the project itself.

Built once per digest of what goes into it and kept in `.cache/tillpc/`; the project comes in at every boot
(machine.py), so that a change of code needs no new disk. Needs root, debootstrap and e2fsprogs.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
CACHE: Final = ROOT / ".cache" / "tillpc"
PINS: Final = ROOT / "scripts" / "pins" / "till.txt"
RUN: Final = Path(__file__).parent / "run-payload"

VENV: Final = "/opt/tallystick"
ACCOUNT: Final = "tallystick"
GROUPS: Final = "dialout,lp"  # besides its own; as config/udev/README.md says
DISK_BYTES: Final = 3 << 30  # sparse
PACKAGES: Final = (
    "systemd", "systemd-sysv", "libpam-systemd", "udev", "dbus", "kmod", "procps", "util-linux", "iproute2", "tzdata",
    "linux-image-amd64", "initramfs-tools",
    "python3", "python3-venv",
    "pcscd", "polkitd", "vsmartcard-vpcd", "libusb-1.0-0", "fonts-dejavu-core",
)  # fmt: skip
# A whole initramfs holds drivers for every disk there is and takes half a minute to unpack in emulation.
INITRAMFS_MODULES: Final = ("virtio_pci", "virtio_blk", "ext4")


@dataclass(frozen=True, slots=True)
class Image:
    """A built disk with its kernel."""

    folder: Path

    @property
    def disk(self) -> Path:
        """The root file system, ext4."""
        return self.folder / "root.ext4"

    @property
    def kernel(self) -> Path:
        """The kernel that the disk's packages brought."""
        return self.folder / "vmlinuz"

    @property
    def initrd(self) -> Path:
        """Its initramfs."""
        return self.folder / "initrd"


def built() -> Image:
    """Return the image, building it first if what goes into it has changed. RuntimeError names what is missing."""
    folder = CACHE / _digest()
    if not folder.exists():
        if os.geteuid() != 0:
            raise RuntimeError("debootstrap needs root to build the till PC's disk")
        _say("building the till PC's disk; this takes some minutes, once")
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="building-", dir=CACHE) as building:
            _build(Path(building))
            (Path(building) / "image").rename(folder)
        _forget_others(folder)
    return Image(folder)


def _digest() -> str:
    parts = [Path(__file__).read_bytes(), RUN.read_bytes(), PINS.read_bytes()]
    parts += [platform.python_version().encode(), _suite().encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _suite() -> str:
    return platform.freedesktop_os_release()["VERSION_CODENAME"]


def _build(building: Path) -> None:
    root, wheels, image = (building / name for name in ("root", "wheels", "image"))
    image.mkdir()
    _wheels(wheels)
    _run("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", _suite(), str(root), _mirror())
    _furnish(root)
    _install(root, wheels)
    shutil.copy(next((root / "boot").glob("vmlinuz-*")), image / "vmlinuz")
    shutil.copy(next((root / "boot").glob("initrd.img-*")), image / "initrd")
    shutil.rmtree(root / "var/cache/apt/archives")
    with (image / "root.ext4").open("wb") as disk:
        disk.truncate(DISK_BYTES)
    _run("mke2fs", "-q", "-F", "-t", "ext4", "-d", str(root), str(image / "root.ext4"))


def _wheels(wheels: Path) -> None:
    """Collect what a till installs, as pinned; the host's Python is that of the same Debian release."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--require-hashes"]
    source = ["--only-binary=:all:", "--no-binary=pyscard", "--no-build-isolation"]
    _run(*pip, *source, "--wheel-dir", str(wheels), "--requirement", str(PINS))


def _mirror() -> str:
    """Return where the host itself gets its release from."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    sites = [line.split()[0] for line in listed.splitlines() if line.split()[1:] == [_suite(), "main"]]
    if not sites:
        raise RuntimeError(f"apt knows no source of {_suite()} main")
    return sites[0]


def _furnish(root: Path) -> None:
    """What a shop's installer does: a name, an account, and here a small initramfs and the payload's starter."""
    (root / "etc/hostname").write_text("till\n")
    shutil.copy(RUN, root / "usr/local/sbin" / RUN.name)
    (root / "etc/initramfs-tools/modules").write_text("".join(f"{name}\n" for name in INITRAMFS_MODULES))
    (root / "etc/initramfs-tools/conf.d/small").write_text("MODULES=list\n")
    _run("chroot", str(root), "update-initramfs", "-u", "-k", "all")
    account = [
        "--system",
        "--user-group",
        "--create-home",
        "--home-dir",
        f"/var/lib/{ACCOUNT}",
        "--groups",
        GROUPS,
        ACCOUNT,
    ]
    _run("chroot", str(root), "useradd", *account)


def _install(root: Path, wheels: Path) -> None:
    shutil.move(wheels, root / "wheels")
    names = sorted(f"/wheels/{wheel.name}" for wheel in (root / "wheels").iterdir())
    _run("chroot", str(root), "python3", "-m", "venv", VENV)
    _run("chroot", str(root), f"{VENV}/bin/pip", "install", "--quiet", "--no-index", "--no-deps", *names)
    shutil.rmtree(root / "wheels")


def _forget_others(keep: Path) -> None:
    for folder in CACHE.iterdir():
        if folder != keep and (folder / "root.ext4").exists():
            shutil.rmtree(folder)


def _run(*command: str) -> None:
    environment = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"{command[0]} failed with exit status {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}"
        )


def _say(text: str) -> None:
    sys.stderr.write(f"tillpc: {text}\n")


if __name__ == "__main__":
    sys.stdout.write(f"{built().folder}\n")
