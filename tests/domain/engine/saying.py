"""Anything that may be said: hypothesis strategies for what is filed and for the fields of commands, from their models.

Days and numbers of days are drawn from all that can be written, most often from around the bounds.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel

from domain.calendar.horizon import HORIZON
from domain.field_types import CountsDays

CODES = ("113206000140000015", "113206000140000028")

FIT = st.dates(date(2026, 1, 1), date(2031, 1, 1)) | st.dates(HORIZON.earliest, HORIZON.furthest)
EDGES = st.sampled_from(
    [
        *(date.min, HORIZON.earliest - timedelta(days=1), HORIZON.earliest, HORIZON.first),
        *(HORIZON.furthest, HORIZON.furthest + timedelta(days=1), date(2099, 1, 1), HORIZON.last, date.max),
    ]
)
DAYS = FIT | FIT | EDGES | st.dates()
COUNTS = st.integers(1, 366) | st.sampled_from([1, 366, 367, 10**5, 2**53 - 1])


def saying(model: type[BaseModel], **given: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """What a model may be made of, as JSON values; ``given`` says what some of its fields hold."""
    required, left_out = {}, {}
    for name, field in model.model_fields.items():
        counts = any(isinstance(mark, CountsDays) for mark in field.metadata)
        value = given[name] if name in given else COUNTS if counts else _of(field.annotation)
        (required if field.is_required() or name in given else left_out)[name] = value
    return st.fixed_dictionaries(required, optional=left_out)


def _of(annotation: Any) -> st.SearchStrategy[Any]:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        marked = any(isinstance(mark, CountsDays) for mark in parts[1:])
        return COUNTS if marked else _of(parts[0])
    if origin in (Union, UnionType):
        return st.one_of(*(_of(part) for part in parts if part is not NoneType))
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is tuple:
        return st.lists(_of(parts[0]), min_size=1, max_size=2)
    return _plain(annotation)


def _plain(kind: type[Any]) -> st.SearchStrategy[Any]:
    if issubclass(kind, BaseModel):
        return saying(kind, **_OF_A_NAME) if kind.__name__ == "Party" else saying(kind)
    if issubclass(kind, Enum):
        return st.sampled_from([each.value for each in kind])
    if kind is date:
        return DAYS.map(date.isoformat)
    if kind is bool:
        return st.just(value=True)
    if kind is int:
        return st.integers(1, 500)
    return st.sampled_from(CODES)


_OF_A_NAME: Mapping[str, st.SearchStrategy[Any]] = {"code": st.just(CODES[1]), "name": st.just("南通市公安局")}
