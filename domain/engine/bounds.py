"""Which days and how many of them may be named from outside (可填日期): one rule for all that is filed or said.

A clock that ends beyond the calendar could never be recorded, and its case would wait for ever. So doors ask here
before anything is filed and before a command is taken; what was once accepted is carried out as it was said.
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
"""The days between which every day lies that anybody names."""

Path = tuple[str | int, ...]


def refuse_days_out_of_range(said: BaseModel) -> None:
    """Raise Refused, with ``day_out_of_range`` and the field, for a day or a number of days that cannot be."""
    for path, value in _named(said, ()):
        first, last = (1, MOST_DAYS) if isinstance(value, int) else (EARLIEST, FURTHEST)
        if not first <= value <= last:  # type: ignore[operator]  # both are days, or both are numbers
            raise Refused(RefusalCode.DAY_OUT_OF_RANGE, field=key_path(path), first=str(first), last=str(last))


def _named(value: Any, path: Path) -> Iterator[tuple[Path, date | int]]:
    """Every day and every number of days in what is said, with where it stands."""
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
    """The fields of a model that are numbers of days, also where they may be left out."""
    fields = model.model_fields.items()
    return frozenset(name for name, field in fields if _marked([*field.metadata, field.annotation]))


def _marked(parts: Any) -> bool:
    for part in parts:
        if isinstance(part, CountsDays) or _marked([*getattr(part, "__metadata__", ()), *get_args(part)]):
            return True
    return False
