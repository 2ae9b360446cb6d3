"""Field types for input from outside: text, numbers and times that are bounded, printable and unambiguous."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, GetJsonSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, PydanticCustomError

from domain.calendar import end_of
from domain.calendar.horizon import HORIZON
from domain.validation_messages import MOST_BITS, own_reason

LONGEST_TEXT = 10_000

CODE_PATTERN = r"^[A-Za-z0-9._:/-]*$"
SEALED_PATTERN = r"^[A-Za-z0-9._:/~-]*$"
SHA256_PATTERN = r"^[0-9a-f]{64}$"
SALT_PATTERN = r"^[0-9a-f]{32}$"

CONTROLLING = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
TURNING = r"\u202a-\u202e\u2066-\u2069"
UNFIT = (
    (re.compile(f"[{CONTROLLING}]"), "control_character"),
    (re.compile(r"[\ud800-\udfff]"), "half_character"),
    (re.compile(f"[{TURNING}]"), "turning_character"),
)
"""Characters that a database or a printed notice cannot hold, or that disguise what a text says."""
_UNSEEN = re.compile(rf"[{CONTROLLING}{TURNING}\ud800-\udfff]")

NONCHARACTERS = "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
INVISIBLE = (
    r"\t\n\r \xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"  # blanks, zero-width and direction marks
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # soft hyphen, fillers, separators
    r"\ufe00-\ufe0f\U000e0000-\U000e0fff"  # variation selectors and tags
    r"\ufeff\ufff0-\ufffc\u2800"  # byte order mark, annotations, the empty Braille cell
    r"\U00013430-\U00013442\U00016fe4\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"  # of rare scripts
    rf"\ufdd0-\ufdef{NONCHARACTERS}"
)
_UNPRINTED = re.compile(rf"[\u2028\u2029\ufdd0-\ufdef{NONCHARACTERS}]")
_BREAKING = re.compile(r"[\n\r]")
VISIBLE = re.compile(f"[^{INVISIBLE}]")
"""A visible character.

Excluded are blanks, Unicode's Default_Ignorable_Code_Point, noncharacters, and characters with an empty glyph. They are
listed here instead of taken from ``unicodedata``, so that accepted text stays accepted under a later Python.
"""


def _portable(characters: str) -> str:
    """A character class that every dialect of regular expressions reads: no escapes of more than four digits."""
    spelt = re.sub(r"\\U([0-9a-f]{8})", lambda found: chr(int(found[1], 16)), characters)
    return "".join(f"\\u{ord(each):04x}" if "\x7f" < each <= "\uffff" else each for each in spelt)


_UNFIT = _portable(CONTROLLING + TURNING)
PLAIN_PATTERN = f"^[^{_UNFIT}]*$"
"""The published pattern of text. Half surrogate pairs need no mention: no JSON document can hold them."""
VISIBLE_PATTERN = f"^[^{_UNFIT}]*[^{_UNFIT}{_portable(INVISIBLE)}][^{_UNFIT}]*$"
"""The published pattern of text that must not be empty."""
NAMING_PATTERN = VISIBLE_PATTERN.replace("[^", r"[^\t\n\r")
"""The published pattern of non-empty text on one line: no tabs and no line ends."""

LINE_ENDS = re.compile(r"\r\n?")

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?)?", re.ASCII)
QUARTER = timedelta(minutes=15)
WESTERNMOST, EASTERNMOST = timedelta(hours=-12), timedelta(hours=14)
"""The UTC offsets in use anywhere: multiples of a quarter of an hour, between these two."""
EARLIEST = end_of(HORIZON.earliest - timedelta(days=1))
LATEST = end_of(HORIZON.last)
"""Bounds of every instant from outside: from the first (inclusive) to the second (exclusive)."""


def _years(first: int, last: int) -> str:
    """A pattern for the years from the first to the last; whole decades are abbreviated."""
    decades = [year // 10 for year in range(first, last + 1) if year % 10 == 0 and year + 9 <= last]
    single = [str(year) for year in range(first, last + 1) if year // 10 not in decades]
    return "|".join([*(f"{decade}[0-9]" for decade in decades), *single])


INSTANT_PATTERN = (
    f"^({_years(HORIZON.earliest.year + 1, HORIZON.last.year - 1)})"
    r"-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]+)?"
    r"([Zz]|[+-](0[0-9]|1[01]):(00|15|30|45)|\+1[23]:(00|15|30|45)|[+-]12:00|\+14:00)$"
)
"""The published pattern of an instant, without the years of which only some instants are allowed."""
BLANKS = " \t\r\n"
"""Blanks allowed around a number or a date; Python's own idea of blanks includes control characters."""
WHOLE = re.compile(r"[+-]?\d+", re.ASCII)


def unfit_named(text: str) -> str:
    """A text for display: invisible characters and those that change direction are named (``⟨U+202E⟩``)."""
    return _UNSEEN.sub(_named, text)


def as_printed(text: str) -> str:
    """A text for a terminal: Unicode line separators and noncharacters are named too."""
    return _UNPRINTED.sub(_named, unfit_named(text))


def on_one_line(text: str) -> str:
    """A text for one line: its line ends are named too.

    In output with one finding a line, a text with a line end could otherwise forge a finding.
    """
    return _BREAKING.sub(_named, as_printed(text))


def _named(found: re.Match[str]) -> str:
    return f"⟨U+{ord(found[0]):04X}⟩"


def _plain_text(value: Any) -> Any:
    """Text, or a bare integer in its place (codes are often written so); never a boolean.

    Line ends become LF, as in YAML and XML. Text without a visible character becomes empty.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        if value.bit_length() > MOST_BITS:
            raise own_reason("too_many_digits")
        value = str(value)
    if isinstance(value, str):
        for unfit, reason in UNFIT:
            if unfit.search(value):
                raise own_reason(reason)
        return LINE_ENDS.sub("\n", value) if VISIBLE.search(value) else ""
    return value


def _that_say_something(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(value for value in values if value)


def _no_truth_value(value: Any) -> Any:
    """An integer, or one written as text; booleans are refused."""
    if isinstance(value, bool) or (isinstance(value, str) and not WHOLE.fullmatch(value.strip(BLANKS))):
        raise PydanticCustomError("int_type", "must be a whole number")
    return value


def _truth_value(value: Any) -> Any:
    """A boolean; “t”, “on” or 1 are refused because their meaning is not obvious."""
    if not isinstance(value, bool):
        raise PydanticCustomError("bool_type", "must be true or false")
    return value


def _iso_date(value: Any) -> Any:
    """A date, or one written as 2025-08-01; numbers are refused, since they would count as seconds since 1970."""
    if isinstance(value, datetime) or not (isinstance(value, date) or _looks_like(ISO_DATE, value)):
        raise PydanticCustomError("date_type", "must be a date such as 2025-08-01")
    return value.strip(BLANKS) if isinstance(value, str) else value


def _iso_time(value: Any) -> Any:
    """A time, or one written as 2025-08-01T09:00:00+08:00; the offset is asked for afterwards."""
    if not (isinstance(value, datetime) or _looks_like(ISO_TIME, value)):
        raise PydanticCustomError("datetime_type", "must be a time such as 2025-08-01T09:00:00+08:00")
    return value.strip(BLANKS) if isinstance(value, str) else value


def _sound_instant(value: datetime) -> datetime:
    """An instant that every store and reader can hold, with an offset that some clock is set to."""
    offset = value.utcoffset() or timedelta()
    if offset % QUARTER or not WESTERNMOST <= offset <= EASTERNMOST:
        raise own_reason("odd_offset")
    if not EARLIEST <= value < LATEST:
        raise own_reason("instant_out_of_range")
    return value


def _looks_like(form: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and form.fullmatch(value.strip(BLANKS)) is not None


@dataclass(frozen=True)
class Published:
    """What a published schema says of a text whose checks are written in Python, of which pydantic knows nothing."""

    pattern: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The schema with the pattern."""
        return {**handler(schema), "pattern": self.pattern}


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT),
    BeforeValidator(_plain_text),
    Published(PLAIN_PATTERN),
]
SAYING = AfterValidator(_that_say_something)
"""Of several texts: those that say nothing are left out. It stands behind the bound of their number."""
ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200),
    BeforeValidator(_plain_text),
    Published(PLAIN_PATTERN),
]
Given = Annotated[ShortText, StringConstraints(min_length=1), Published(VISIBLE_PATTERN)]
"""A short text that must say something."""
Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=64, pattern=CODE_PATTERN),
    BeforeValidator(_plain_text),
]
Sha256 = Annotated[str, StringConstraints(strip_whitespace=True, pattern=SHA256_PATTERN), BeforeValidator(_plain_text)]
"""A SHA-256 in lower-case hexadecimal digits."""
Salt = Annotated[str, StringConstraints(pattern=SALT_PATTERN)]
"""Sixteen random bytes in lower-case hexadecimal digits."""
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
UseCount = Annotated[int, Field(ge=0, le=1_000_000_000), BeforeValidator(_no_truth_value)]
MOST_DAYS = 366
"""The longest limit that one decision may set, in days."""


class CountsDays:
    """Marks a number of days: how many there may be is for the rules to say (``domain.engine.bounds``), with a code."""


WorkingDays = Annotated[
    int,
    Field(ge=1, le=2**53 - 1, json_schema_extra={"maximum": MOST_DAYS}),
    BeforeValidator(_no_truth_value),
    CountsDays(),
]
Truth = Annotated[bool, BeforeValidator(_truth_value)]
Day = Annotated[date, BeforeValidator(_iso_date)]
Instant = Annotated[
    AwareDatetime, BeforeValidator(_iso_time), AfterValidator(_sound_instant), Published(INSTANT_PATTERN)
]
