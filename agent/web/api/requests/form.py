"""What every request is made of: fields that are named, and an error that names the field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from agent.errors import InvalidError
from agent.web.api.body import shown, shown_key
from agent.web.api.fields import CardInFieldError, refuse_cards


class Form(BaseModel):
    """A request's body: an unknown field is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def one_of(allowed: Sequence[str], value: object) -> str:
    """Return a value that is one of a few words; raises ValueError."""
    if isinstance(value, str):
        refuse_cards(value)
    if value not in allowed:
        raise ValueError(f"{shown(value)} must be one of {', '.join(allowed)}")
    return str(value)


def check_bool(value: object) -> bool:
    """Return a value that is true or false; raises ValueError."""
    if value is not True and value is not False:
        raise ValueError(f"{shown(value)} must be true or false")
    return value


def explain(errors: Sequence[Any]) -> InvalidError:
    """Return the first complaint of pydantic in our words; of the body it repeats what `shown` lets, no more.

    A card that has no business in a field comes before every other complaint.
    """
    error = next((error for error in errors if isinstance(_reason(error), CardInFieldError)), errors[0])
    where = _where(error["loc"])
    match error["type"]:
        case "value_error":
            reason = _reason(error)
            return reason.at(where) if isinstance(reason, CardInFieldError) else InvalidError(f"{where} {reason}")
        case "missing":
            return InvalidError(f"{where} is missing")
        case "extra_forbidden":
            return InvalidError(f"{where} is no field of this call", hint="/openapi.json lists the fields")
        case "too_long":
            return InvalidError(f"{where} has more than {error['ctx']['max_length']} items")
        case "tuple_type":
            return InvalidError(f"{where} must be a list")
        case _:
            return InvalidError(f"{where} must be an object")


def _reason(error: Any) -> object:
    return error.get("ctx", {}).get("error")


def _where(loc: Sequence[int | str]) -> str:
    """`("body", "lines", 0, "amount")` is `lines[0].amount`."""
    path = ""
    for part in loc[1:] if loc[:1] == ("body",) else loc:
        path += f"[{part}]" if isinstance(part, int) else f".{shown_key(part)}"
    return path.removeprefix(".") or "the body"
