"""Reading a request's JSON strictly (RFC 8259): what could be read in two ways, or not exactly, is refused.

Nobody's body is read before it is known who calls. Integers are integers: a number with a fraction or an exponent, NaN
and the like stay the text they were sent as, so that nothing rounds them and an error can show them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from agent.devices.firewall.payment import payment_brand
from agent.errors import InvalidError
from agent.web.api.access import caller
from agent.web.api.errors import MediaTypeError
from agent.web.api.signed_in import put_staff

SHOWN_MAX = 40  # characters of a value that an error shows
_INTEGER_MAX = 20  # characters: 2**64 and its sign


class Inexact(str):
    """A JSON number that is no integer, or that no field could take, as it was written."""

    __slots__ = ()


def read_json(body: bytes) -> dict[str, Any]:
    """Return the object a body holds; raises InvalidError for anything else, and for a key that stands twice."""
    try:
        value = _DECODER.decode(body.decode())
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else error.pos
        raise InvalidError(f"the body is not valid JSON (UTF-8) at {at}") from None
    except RecursionError:
        raise InvalidError("the body is nested too deep") from None
    if not isinstance(value, dict):
        raise InvalidError("the body must be a JSON object")
    return value


def shown(value: object) -> str:
    """Return a value as an error may show it: short, and without a payment card's digits."""
    if payment_brand(str(value)):
        return "(digits not repeated)"
    if isinstance(value, Inexact):
        return str(value)[:SHOWN_MAX]
    return f"{json.dumps(value, ensure_ascii=False):.{SHOWN_MAX}}"


def shown_key(key: str) -> str:
    """Return a key as an error may show it: as it is if it looks like one, else not at all."""
    return key if re.fullmatch(r"[A-Za-z_]{1,32}", key) else "(a key)"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise InvalidError(f"the key {shown_key(key)} stands twice in one object")
        found[key] = value
    return found


def _integer(text: str) -> int | Inexact:
    return int(text) if len(text) <= _INTEGER_MAX else Inexact(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=Inexact, parse_int=_integer, parse_constant=Inexact)


class _StrictRequest(Request):
    """A request whose JSON was read by `read_json`."""

    content: dict[str, Any]

    async def json(self) -> dict[str, Any]:
        return self.content


class StrictRoute(APIRoute):
    """Who calls comes before what is sent; a body is JSON and says so (a form of a web page cannot)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler FastAPI made, behind our reading."""
        handle = super().get_route_handler()
        names_staff = self.body_field is not None and "staff" in _fields(self.body_field.field_info.annotation)

        async def strict(request: Request) -> Response:
            known = _StrictRequest(request.scope, request.receive)
            token = await caller(known)
            if known.method == "POST":
                known.content = await _content(known)
                await put_staff(known, token, known.content, names_staff=names_staff)
            return await handle(known)

        return strict


def _fields(form: Any) -> Collection[str]:
    return getattr(form, "model_fields", ())


async def _content(request: Request) -> dict[str, Any]:
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/json":
        raise MediaTypeError("the body must be declared as application/json")
    return read_json(await request.body())
