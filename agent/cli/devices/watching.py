"""`tally devices watch`: the running agent's events about devices, a line each."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
import typer

from agent.config import load_config
from agent.upkeep.running import NotRunningError, Running, require_running

_KINDS: Final[Mapping[str, str]] = {
    "own_card": "own card",
    "bank_card": "bank card - refused",
    "identity_card": "identity card - refused",
    "not_ours": "not ours",
    "bad_read": "swipe again",
}

_NAME: Final = 10  # characters; most names are no longer


def watch_devices(path: Path, *, for_s: float | None, as_json: bool) -> None:
    """Print how the devices are, then what happens, for `for_s` seconds or until Ctrl-C.

    NotRunningError if no agent runs, or it ends.
    """
    running = require_running(load_config(path).till.folder)
    for device in running.ask("GET", "/v1/status")["devices"]:
        _print("device", device, as_json=as_json)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_follow(running, for_s=for_s, as_json=as_json))


async def _follow(running: Running, *, for_s: float | None, as_json: bool) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(for_s):
            with contextlib.suppress(NotRunningError):  # it may end in the middle of an event
                async for kind, event in running.listen():
                    _print(kind, event, as_json=as_json)
            raise NotRunningError("the agent has ended")


def _print(kind: str, event: Mapping[str, Any], *, as_json: bool) -> None:
    line = line_of(kind, event)
    if line is None:
        return
    now = datetime.now().astimezone()
    if as_json:
        sys.stdout.write(orjson.dumps({"at": now.isoformat(timespec="milliseconds"), **line}).decode() + "\n")
    else:
        latency = f"  {line['latency_ms']:.1f} ms" if "latency_ms" in line else ""
        text = f"  {line['text']}" if line["text"] else ""
        typer.echo(f"{now:%H:%M:%S}  {line['device']:<{_NAME}}  {line['what']}{latency}{text}")
    sys.stdout.flush()


def line_of(kind: str, event: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what there is to say about an event of the agent; None if it is not about a device.

    Of a read only what it was: neither numbers nor names are in it.
    """
    match kind:
        case "device":
            return {"device": event["name"], "what": event["status"], "text": event["text"]}
        case "read":
            what, latency_ms = _KINDS[event["kind"]], event["latency_us"] / 1000
            return {"device": event["device"], "what": what, "text": event["text"], "latency_ms": latency_ms}
        case _:
            return None
