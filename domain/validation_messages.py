"""Pydantic's errors as key paths and reasons in plain words, in English or Chinese.

Used wherever files or requests are read and must be answered with one sentence. The words are in the catalogue of
messages, kind ``input``.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from domain.messages import Language, label, words

Path = tuple[str | int, ...]

MOST_PROBLEMS = 20
"""The most problems reported at once."""

MOST_BITS = 4096
"""Integers with more bits are not written out: it is slow, and Python refuses it beyond some thousand digits."""

KIND = "input"

WORDS = {
    "string_type": "text",
    "int_type": "whole_number",
    "int_parsing": "whole_number",
    "int_parsing_size": "whole_number",
    "int_from_float": "whole_number",
    "finite_number": "whole_number",
    "float_type": "number",
    "float_parsing": "number",
    "bool_type": "truth",
    "bool_parsing": "truth",
    "model_type": "group",
    "model_attributes_type": "group",
    "dict_type": "group",
    "list_type": "list",
    "tuple_type": "list",
    "set_type": "list",
    "frozen_set_type": "list",
    "date_type": "date",
    "date_parsing": "date",
    "date_from_datetime_parsing": "date",
    "date_from_datetime_inexact": "date_alone",
    "datetime_type": "time",
    "datetime_parsing": "time",
    "datetime_from_date_parsing": "time",
    "timezone_aware": "time_with_offset",
    "url_type": "address",
    "url_parsing": "address",
    "url_syntax_violation": "address",
    "url_scheme": "address",
    "json_type": "json",
    "json_invalid": "json",
}
"""Error types of pydantic whose reason needs no bound; the value is added."""

BOUNDS = {
    "enum": ("one_of", "expected"),
    "literal_error": ("one_of", "expected"),
    "greater_than_equal": ("at_least", "ge"),
    "greater_than": ("more_than", "gt"),
    "less_than_equal": ("at_most", "le"),
    "less_than": ("less_than", "lt"),
    "string_too_short": ("at_least_many", "min_length"),
    "string_too_long": ("at_most_many", "max_length"),
    "too_short": ("at_least_many", "min_length"),
    "too_long": ("at_most_many", "max_length"),
    "string_pattern_mismatch": ("pattern", "pattern"),
}
"""Error types whose reason states a bound or the allowed values, with pydantic's name for it."""


def own_reason(word: str) -> PydanticCustomError:
    """The error for our own validators: a reason from the catalogue, reported as it is and without the value."""
    return PydanticCustomError(word, label(KIND, word, "en"))


def key_path(path: Sequence[str | int]) -> str:
    """A path as people write it: ``limits[0].amount``; empty for the whole. Keys are untrusted, so they are cut."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{_cut(step, 100)}" if text else _cut(step, 100)
    return text


def _cut(text: str, at_most: int) -> str:
    """Text without control characters, cut to a length."""
    text = "".join(x if x.isprintable() else "?" for x in text[: at_most + 1])
    return f"{text[:at_most]}…" if len(text) > at_most else text


def shown(value: object, at_most: int = 40, language: Language = "en") -> str:
    """A value for use inside a sentence: on one line, without control characters, cut where it is long."""
    if value is None:
        return label(KIND, "nothing", language)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        return label(KIND, "a_long_number", language)
    if isinstance(value, (int, float)):
        return str(value)[:at_most]
    if isinstance(value, dict):
        return label(KIND, "a_group", language)
    if isinstance(value, (list, tuple)):
        return label(KIND, "a_list", language)
    return f"“{_cut(' '.join(str(value).split()), at_most)}”"


def first_problem(error: ValidationError, language: Language = "en") -> tuple[Path, str]:
    """Path and reason of the most helpful problem: the first of :func:`all_problems`."""
    return next(_problems(error.errors(include_url=False), language))


def all_problems(error: ValidationError | Sequence[ErrorDetails], language: Language) -> list[tuple[Path, str]]:
    """Paths and reasons of all problems of an error (or of its details), one for each path, at most MOST_PROBLEMS.

    Unknown keys come first, since most are misspelt; the key that was probably meant is then not reported as missing.
    Of a union, only the branch that fits best is reported.
    """
    details = error.errors(include_url=False) if isinstance(error, ValidationError) else error
    return list(islice(_problems(details, language), MOST_PROBLEMS))


def _problems(details: Sequence[ErrorDetails], language: Language) -> Iterator[tuple[Path, str]]:
    counting = {id(detail) for detail in _of_the_best_branches(details)}
    told: set[Path] = set()
    for detail in sorted(details, key=lambda x: x["type"] != "extra_forbidden"):
        path = _path(detail)
        if id(detail) not in counting or path in told:
            continue
        told.add(path)
        if detail["type"] != "extra_forbidden":
            yield path, _reason(detail, language)
        elif meant := _meant(detail, details):
            told.add((*path[:-1], meant))
            yield path, _say("unknown_key_meant", language, meant=meant)
        else:
            yield path, _say("unknown_key", language)


def _path(detail: ErrorDetails) -> Path:
    """The path of a problem, without the marks that pydantic inserts between the steps.

    These are "[key]" after a key that is itself invalid, and the labels of the branches of a union.
    """
    labels = _labels(detail)
    return tuple(step for place, step in enumerate(detail["loc"]) if step != "[key]" and place not in labels)


def _labels(detail: ErrorDetails) -> list[int]:
    """The positions in a location that hold the label of a branch of a union.

    A key that a user wrote is never one, whatever it looks like: it comes last, or before "[key]".
    """
    location = detail["loc"]
    own = len(location) - 1 if detail["type"] == "extra_forbidden" else None
    return [
        place
        for place, step in enumerate(location)
        if isinstance(step, str)
        and ("[" in step or "(" in step)
        and step != "[key]"
        and place != own
        and location[place + 1 : place + 2] != ("[key]",)
    ]


def _of_the_best_branches(details: Sequence[ErrorDetails], settled: int = 0) -> Iterator[ErrorDetails]:
    """The details without those of other branches of unions; the first ``settled`` steps are settled already.

    The best branch is the one that got furthest into the value; after that, one that accepts its type.
    """
    unions: dict[Path, list[ErrorDetails]] = {}
    for detail in details:
        place = next((place for place in _labels(detail) if place >= settled), None)
        if place is None:
            yield detail
        else:
            unions.setdefault(detail["loc"][:place], []).append(detail)
    for above, branches in unions.items():
        best = max(branches, key=lambda x: (len(_path(x)), not x["type"].endswith("_type")))
        chosen = best["loc"][: len(above) + 1]
        yield from _of_the_best_branches([x for x in branches if x["loc"][: len(chosen)] == chosen], len(chosen))


def _meant(unknown: ErrorDetails, details: Sequence[ErrorDetails]) -> str | None:
    """The missing key that was probably meant by an unknown key beside it."""
    parent, name = unknown["loc"][:-1], str(unknown["loc"][-1])
    missing = [str(x["loc"][-1]) for x in details if x["type"] == "missing" and x["loc"][:-1] == parent]
    return next(iter(get_close_matches(name, missing, n=1)), None)


def _reason(detail: ErrorDetails, language: Language) -> str:
    """One error's reason, to be read after the key path."""
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "string_unicode":
        return _say("half_character", language)
    if kind in WORDS:
        return _say("with_value", language, reason=_say(WORDS[kind], language), value=shown(value, language=language))
    if kind in BOUNDS:
        word, name = BOUNDS[kind]
        reason = _say(word, language, bound=_bound(word, context[name], value, language))
        # For a list of the wrong length the value is not shown.
        if kind in ("too_short", "too_long"):
            return reason
        return _say("with_value", language, reason=reason, value=shown(value, language=language))
    if kind in words(KIND):
        return _say(kind, language)
    message = " ".join(str(context.get("error", detail["msg"])).split())
    return _say("other", language, message=message if kind == "value_error" else message[:1].lower() + message[1:])


def _bound(word: str, bound: object, value: object, language: Language) -> str:
    """A bound as it stands in a sentence: a number, a number of characters or entries, a choice."""
    if word == "one_of":
        return _either(str(bound), language)
    if not word.endswith("_many"):
        return str(bound)
    one, many = ("character", "characters") if isinstance(value, (str, int)) else ("entry", "entries")
    things = label(KIND, one if bound == 1 else many, language)
    return _say("many", language, number=bound, things=things)


def _either(expected: str, language: Language) -> str:
    """Pydantic's list of allowed values without its quotation marks and enum names."""
    names = expected.replace(" or ", ", ").split(", ")
    plain = [x.split(": ")[-1].strip("<>'\"") for x in names]
    if len(plain) == 1:
        return plain[0]
    return _say("either", language, others=label(KIND, "between", language).join(plain[:-1]), last=plain[-1])


def _say(word: str, language: Language, **values: Any) -> str:
    return label(KIND, word, language).format_map(values)
