"""What is wrong with a piece of data, in plain words: pydantic's errors as one key path and one reason.

For everybody who reads files or requests of others and must answer with one sentence.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

TYPE_WORDS = {
    "string_type": "must be text; put it in quotation marks if it looks like a number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number",
    "int_from_float": "must be a whole number",
    "finite_number": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "model_type": "must be a group of keys with values",
    "model_attributes_type": "must be a group of keys with values",
    "dict_type": "must be a group of keys with values",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "date_type": "must be a date such as 2025-08-01",
    "date_parsing": "must be a date such as 2025-08-01",
    "date_from_datetime_parsing": "must be a date such as 2025-08-01",
    "date_from_datetime_inexact": "must be a date such as 2025-08-01, without a time",
    "datetime_type": "must be a time such as 2025-08-01T09:00:00+08:00",
    "datetime_parsing": "must be a time such as 2025-08-01T09:00:00+08:00",
    "datetime_from_date_parsing": "must be a time such as 2025-08-01T09:00:00+08:00",
    "timezone_aware": "must be a time with an offset, such as 2025-08-01T09:00:00+08:00",
}
"""Reasons that need nothing but the kind of the error; the value is added."""


def key_path(path: Sequence[str | int]) -> str:
    """A path as people write it: ``limits[0].amount``; empty for the whole."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def shown(value: object, at_most: int = 40) -> str:
    """A value for use inside a sentence: on one line, without control characters, cut where it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)[:at_most]
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = " ".join(str(value).split())
    text = "".join(x if x.isprintable() else "?" for x in text)
    return f"“{text[:at_most]}…”" if len(text) > at_most else f"“{text}”"


def first_problem(error: ValidationError) -> tuple[tuple[str | int, ...], str]:
    """The path and the reason of the problem that is best told first.

    An unknown key goes before all others: it is most often a misspelt one, and what else is
    reported ("is missing") follows from it.
    """
    details = error.errors(include_url=False)
    unknown = [x for x in details if x["type"] == "extra_forbidden"]
    chosen = unknown[0] if unknown else _best_of_branches(details)
    return _path(chosen), _unknown_key(chosen, details) if unknown else _reason(chosen)


def _path(detail: ErrorDetails) -> tuple[str | int, ...]:
    """Where the problem is, without the marks that pydantic puts between the steps.

    Those are "[key]" behind a key that is itself wrong, and the label of a branch of a union. What a user
    wrote as a key is kept whatever it looks like: it stands last, or before "[key]".
    """
    location = detail["loc"]
    own = len(location) - 1 if detail["type"] == "extra_forbidden" else None
    return tuple(
        step
        for place, step in enumerate(location)
        if step != "[key]" and (place == own or location[place + 1 : place + 2] == ("[key]",) or not _is_label(step))
    )


def _is_label(step: str | int) -> bool:
    return isinstance(step, str) and step != "[key]" and ("[" in step or "(" in step)


def _best_of_branches(details: list[ErrorDetails]) -> ErrorDetails:
    """The first problem; of a field that may be several things, that of the branch that fits best.

    Which is the one that got furthest into the value, else the one that asks for no other kind of value.
    """
    first = details[0]
    place = next((place for place, step in enumerate(first["loc"]) if _is_label(step)), None)
    if place is None:
        return first
    branches = [x for x in details if x["loc"][:place] == first["loc"][:place] and len(x["loc"]) > place]
    return max(branches, key=lambda x: (len(_path(x)), not x["type"].endswith("_type")))


def _unknown_key(chosen: ErrorDetails, details: list[ErrorDetails]) -> str:
    """The reason for an unknown key, with the missing one that was probably meant."""
    parent, name = chosen["loc"][:-1], str(chosen["loc"][-1])
    missing = [str(x["loc"][-1]) for x in details if x["type"] == "missing" and x["loc"][:-1] == parent]
    meant = get_close_matches(name, missing, n=1)
    return f"is not a known key; {meant[0]} was probably meant" if meant else "is not a known key"


def _reason(detail: ErrorDetails) -> str:
    """One error's reason, to be read after the key path."""
    kind = detail["type"]
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        # The words are our own validator's; they are a full reason.
        return " ".join(str(detail.get("ctx", {}).get("error", detail["msg"])).split())
    things = "characters" if isinstance(detail["input"], (str, int)) else "entries"
    words = TYPE_WORDS.get(kind) or _bounds(kind, detail.get("ctx", {}), things)
    if words is None:
        words = " ".join(detail["msg"].split())
        return words[:1].lower() + words[1:]
    # Of a list of the wrong length, or of what no screen shows, there is nothing to show.
    return words if kind in ("too_short", "too_long", "string_unicode") else f"{words}, not {shown(detail['input'])}"


def _bounds(kind: str, context: dict[str, Any], things: str) -> str | None:
    """Reasons that state a bound or the values allowed; None for kinds unknown here.

    ``things`` are what the value has many of: characters or entries.
    """
    match kind:
        case "enum" | "literal_error":
            return f"must be {_either(str(context['expected']))}"
        case "greater_than_equal":
            return f"must be at least {context['ge']}"
        case "greater_than":
            return f"must be more than {context['gt']}"
        case "less_than_equal":
            return f"must be at most {context['le']}"
        case "less_than":
            return f"must be less than {context['lt']}"
        case "string_too_short":
            return f"must have at least {_many(context['min_length'], 'characters')}"
        case "string_too_long":
            return f"must have at most {_many(context['max_length'], 'characters')}"
        case "too_short":
            return f"must have at least {_many(context['min_length'], things)}"
        case "too_long":
            return f"must have at most {_many(context['max_length'], things)}"
        case "string_unicode":
            return "has half of a Unicode character"
        case "string_pattern_mismatch":
            return f"must match the pattern {context['pattern']}"
    return None


def _many(number: int, things: str) -> str:
    """A number of things: ``1 character``, ``2 entries``."""
    one = {"characters": "character", "entries": "entry"}[things]
    return f"{number} {one if number == 1 else things}"


def _either(expected: str) -> str:
    """Pydantic's list of allowed values without its quotation marks and enum names."""
    names = expected.replace(" or ", ", ").split(", ")
    plain = [x.split(": ")[-1].strip("<>'\"") for x in names]
    return plain[0] if len(plain) == 1 else ", ".join(plain[:-1]) + " or " + plain[-1]
