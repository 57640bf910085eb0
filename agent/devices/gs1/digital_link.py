"""Digital Link: elements written as the address of a web page. Source: GS1 Digital Link Standard: URI Syntax, 4.

`https://id.example.com/8018/<GSRN>/8019/1?linkType=...`: a domain, any path, the key and its qualifiers, and further
elements as parameters. Compressed addresses are not read.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote

from agent.devices.gs1.elements import Element, Elements, agreeing, element
from agent.devices.gs1.fault import LabelError
from agent.devices.gs1.identifiers import find

SCHEMES: Final = ("https://", "http://", "HTTPS://", "HTTP://")
# The keys an address may name, and what may qualify each, in this order.
_KEYS: Final = MappingProxyType(
    {
        "00": (),
        "01": ("22", "10", "21", "235"),
        "253": (),
        "255": (),
        "401": (),
        "402": (),
        "414": ("254", "7040"),
        "415": ("8020",),
        "417": ("7040",),
        "8003": (),
        "8004": ("7040",),
        "8006": ("22", "10", "21"),
        "8010": ("8011",),
        "8013": (),
        "8017": ("8019",),
        "8018": ("8019",),
    }
)
_URI: Final = re.compile(r"(?:https?|HTTPS?)://[A-Za-z0-9.:_\[\]-]+(/[^?#]*)(?:\?([^#]*))?(?:#.*)?")
_URI_MAX: Final = 4096  # characters; no symbol holds more


def read_digital_link(text: str) -> Elements:
    """Read the elements of an address. LabelError if it is none of GS1's."""
    match = _URI.fullmatch(text) if len(text) <= _URI_MAX else None
    if match is None:
        raise LabelError("this is no web address")
    path = match[1].strip("/").split("/")
    for at in range(len(path) - 2, -1, -1):  # what stands before the key is the site's own
        if path[at] in _KEYS and (len(path) - at) % 2 == 0:
            return agreeing(_of_path(path[at:]) + _of_parameters(match[2] or ""))
    raise LabelError("this web address names no GS1 key")


def _of_path(path: list[str]) -> list[Element]:
    codes = path[::2]
    expected = iter(_KEYS[codes[0]])
    if not all(code in expected for code in codes[1:]):
        raise LabelError(f"({codes[0]}) is followed by what does not qualify it")
    return [_element(code, value) for code, value in zip(codes, path[1::2], strict=True)]


def _of_parameters(query: str) -> list[Element]:
    pairs = (parameter.partition("=") for parameter in re.split("[&;]", query))
    return [_element(code, value) for code, _, value in pairs if code.isascii() and code.isdecimal()]


def _element(code: str, value: str) -> Element:
    identifier = find(code)
    if identifier is None or identifier.code != code:
        raise LabelError("a web address has an unknown application identifier")
    return element(identifier, unquote(value, encoding="latin-1"))
