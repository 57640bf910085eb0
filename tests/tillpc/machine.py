"""The till PC, switched on once: its disk, the project as a payload, and what was seen."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.tillpc.image import ROOT, Image

LIMIT_S: Final = 1800
# The machine's clock counts instructions, a nanosecond each, and idle time: about half of what one core of a small till
# PC does. What is measured inside is then the same however busy this host is.
CLOCK: Final = "shift=0"
MEMORY_MB: Final = 1024
# systemd.run=: one command in place of a login (systemd-run-generator(8)); the machine ends with it.
COMMAND_LINE: Final = (
    "root=/dev/vda rw console=ttyS0 quiet panic=-1 systemd.run=/usr/local/sbin/run-payload "
    "systemd.run_success_action=poweroff-force systemd.run_failure_action=poweroff-force"
)
TESTS: Final = ("__init__.py", "drivers", "tillpc")  # of tests/: what is played inside


def boot(image: Image, payload: Path, out: Path) -> None:
    """Run PAYLOAD/run inside as root; what it leaves in /out is in `out`. RuntimeError if it did not come to its end.

    The disk is thrown away afterwards. KVM is not asked for: where tests run, guests may be guests themselves.
    """
    command = ["qemu-system-x86_64", "-accel", "tcg", "-icount", CLOCK, "-cpu", "max", "-m", str(MEMORY_MB)]
    command += ["-nographic", "-no-reboot", "-net", "none", "-kernel", str(image.kernel), "-initrd", str(image.initrd)]
    command += ["-append", COMMAND_LINE, "-drive", f"file={image.disk},if=virtio,format=raw,snapshot=on"]
    command += ["-virtfs", f"local,path={payload},mount_tag=payload,security_model=none,readonly=on"]
    command += ["-virtfs", f"local,path={out},mount_tag=out,security_model=none"]
    with (out / "console.log").open("wb") as console:
        try:
            subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, timeout=LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"the till PC ran for over {LIMIT_S} s: {_last_words(out)}") from None
    if not (out / "status").exists() or (out / "status").read_text().strip() != "0":
        raise RuntimeError(f"the till PC did not come to its end: {_last_words(out)}")


def pack(payload: Path) -> None:
    """Lay out the payload: the project as it is installed, its config/, and the part of the tests played inside.

    Installed and compiled here, because the same takes the emulated machine most of a minute.
    """
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--target", str(payload / "site"), str(ROOT)], check=True)
    shutil.copytree(ROOT / "config", payload / "config")
    for name in TESTS:
        source, target = ROOT / "tests" / name, payload / "tests" / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    shutil.copy(Path(__file__).parent / "inside" / "run", payload / "run")


def _last_words(out: Path) -> str:
    parts = [
        f"{name}: ...{(out / name).read_text(errors='replace')[-2000:]}"
        for name in ("console.log", "run.log", "agent.log")
        if (out / name).exists()
    ]
    return "\n".join(parts)
