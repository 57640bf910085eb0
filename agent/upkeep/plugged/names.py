"""Names under /dev that stay: ttyACM0 becomes ttyACM1 when it is plugged in again, the links that udev makes do not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from agent.devices.loading import Subsystem

# The folders of links by the device's own name and by the port it is plugged into: udev's own, and for what udev names
# neither way those of config/udev/60-tallystick.rules.
_PLACES: Final[Mapping[Subsystem, tuple[str, str]]] = MappingProxyType(
    {
        Subsystem.INPUT: ("input/by-id/*", "input/by-path/*"),
        Subsystem.TTY: ("serial/by-id/*", "serial/by-path/*"),
        Subsystem.HIDRAW: ("tallystick/hidraw-id-*", "tallystick/hidraw-port-*"),
        Subsystem.USBMISC: ("tallystick/printer-id-*", "tallystick/printer-port-*"),
    }
)


def stable_name(node: str, subsystem: Subsystem, root: Path, *, is_twin: bool) -> str | None:
    """Return the link that leads to `node` and will lead to the same device after a restart; None if there is none.

    By the device's own name if that tells it from all others; two units alike (`is_twin`) share that name, so they go
    by the port they are plugged into.
    """
    by_name, by_port = _PLACES[subsystem]
    target = (root / node.lstrip("/")).resolve()
    for place in (by_port, by_name) if is_twin else (by_name, by_port):
        for link in sorted((root / "dev").glob(place)):
            if link.is_symlink() and link.resolve() == target:
                return "/" + str(link.relative_to(root))
    return None
