"""Which dates and numbers of days callers may give (可填日期): one rule for filings and commands.

A clock that ends beyond the calendar could never be recorded, and its case would wait for ever. So doors check here
before they accept a filing or a command; what was once accepted is carried out as given.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from domain.calendar.horizon import HORIZON
from domain.engine.decision import Refused
from domain.field_types import MOST_DAYS, CountsDays
from domain.refusal_codes import RefusalCode
from domain.validation_messages import key_path

EARLIEST: date = HORIZON.earliest
FURTHEST: date = HORIZON.furthest
"""The first and the last day that anybody may name."""

Path = tuple[str | int, ...]


def refuse_days_out_of_range(said: BaseModel) -> None:
    """Raises Refused (``day_out_of_range``, with the field) for a date or a number of days out of range."""
    for path, value in _named(said, ()):
        first, last = (1, MOST_DAYS) if isinstance(value, int) else (EARLIEST, FURTHEST)
        if not first <= value <= last:  # type: ignore[operator]  # both are days, or both are numbers
            raise Refused(RefusalCode.DAY_OUT_OF_RANGE, field=key_path(path), first=str(first), last=str(last))


def _named(value: Any, path: Path) -> Iterator[tuple[Path, date | int]]:
    """Every date and every number of days in a value, with its path."""
    if isinstance(value, date) and not isinstance(value, datetime):
        yield path, value
    elif isinstance(value, BaseModel):
        counts = _counts_of_days(type(value))
        for name in type(value).model_fields:
            within = getattr(value, name)
            if name in counts and isinstance(within, int):
                yield (*path, name), within
            else:
                yield from _named(within, (*path, name))
    elif isinstance(value, Mapping):
        for key, within in value.items():
            yield from _named(within, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for number, within in enumerate(value):
            yield from _named(within, (*path, number))


@cache
def _counts_of_days(model: type[BaseModel]) -> frozenset[str]:
    """The fields of a model that are numbers of days, optional ones too."""
    fields = model.model_fields.items()
    return frozenset(name for name, field in fields if _marked([*field.metadata, field.annotation]))


def _marked(parts: Any) -> bool:
    for part in parts:
        if isinstance(part, CountsDays) or _marked([*getattr(part, "__metadata__", ()), *get_args(part)]):
            return True
    return False
