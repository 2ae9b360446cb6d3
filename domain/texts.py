"""Kinds of text, numbers and times that come from outside: bounded, printable, and meaning what they look like."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from domain.plain_errors import MOST_BITS, own_reason

LONGEST_TEXT = 10_000

CODE_PATTERN = r"^[A-Za-z0-9._:/-]*$"
SEALED_PATTERN = r"^[A-Za-z0-9._:/~-]*$"

UNFIT = (
    (re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"), "control_character"),
    (re.compile(r"[\ud800-\udfff]"), "half_character"),
    (re.compile(r"[\u202a-\u202e\u2066-\u2069]"), "turning_character"),
)
"""What a database or a printed notice cannot hold, or what shows a reader something else than stands there."""

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?)?", re.ASCII)
BLANKS = " \t\r\n"
"""What may stand around a number or a date; to Python some control characters are blanks too."""
WHOLE = re.compile(r"[+-]?\d+", re.ASCII)


def _plain_text(value: Any) -> Any:
    """Text, or a bare whole number in its place (codes are often written so); never a truth value."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value.bit_length() > MOST_BITS:
            raise own_reason("too_many_digits")
        value = str(value)
    if isinstance(value, str):
        for unfit, reason in UNFIT:
            if unfit.search(value):
                raise own_reason(reason)
    return value


def _no_truth_value(value: Any) -> Any:
    """A whole number, or one written as text; true and false are none."""
    if isinstance(value, bool) or (isinstance(value, str) and not WHOLE.fullmatch(value.strip(BLANKS))):
        raise PydanticCustomError("int_type", "must be a whole number")
    return value


def _truth_value(value: Any) -> Any:
    """True or false themselves: nobody should have to know what “t”, “on” or 1 would stand for."""
    if not isinstance(value, bool):
        raise PydanticCustomError("bool_type", "must be true or false")
    return value


def _iso_date(value: Any) -> Any:
    """A date, or one written as 2025-08-01: a number would be counted as seconds since 1970."""
    if isinstance(value, datetime) or not (isinstance(value, date) or _looks_like(ISO_DATE, value)):
        raise PydanticCustomError("date_type", "must be a date such as 2025-08-01")
    return value.strip(BLANKS) if isinstance(value, str) else value


def _iso_time(value: Any) -> Any:
    """A time, or one written as 2025-08-01T09:00:00+08:00; the offset is asked for afterwards."""
    if not (isinstance(value, datetime) or _looks_like(ISO_TIME, value)):
        raise PydanticCustomError("datetime_type", "must be a time such as 2025-08-01T09:00:00+08:00")
    return value.strip(BLANKS) if isinstance(value, str) else value


def _looks_like(form: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and form.fullmatch(value.strip(BLANKS)) is not None


Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT), BeforeValidator(_plain_text)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), BeforeValidator(_plain_text)]
Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=64, pattern=CODE_PATTERN),
    BeforeValidator(_plain_text),
]
CallerKey = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=CODE_PATTERN), BeforeValidator(_plain_text)
]
"""A caller's key; taken as it is, so that what is checked is what is sent."""
SealedKey = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=160, pattern=SEALED_PATTERN),
    BeforeValidator(_plain_text),
]
"""A caller's key with the digest of what it was used for, behind a ``~`` that no caller can write."""

WholeNumber = Annotated[int, BeforeValidator(_no_truth_value)]
ItemCount = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(_no_truth_value)]
WorkingDays = Annotated[int, Field(ge=1, le=366), BeforeValidator(_no_truth_value)]
Truth = Annotated[bool, BeforeValidator(_truth_value)]
Day = Annotated[date, BeforeValidator(_iso_date)]
Instant = Annotated[AwareDatetime, BeforeValidator(_iso_time)]
