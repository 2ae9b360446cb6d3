"""A case's state as data, to carry it from one run to the next."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from pydantic import TypeAdapter

from domain.engine.case import Case

P = TypeVar("P", bound=Case)

_ENTERED = frozenset({"request_id", "statute", "policy"})
"""Fields that every run is started with anyway; snapshots leave them out."""


_ADAPTERS: dict[type[Case], TypeAdapter[Any]] = {}
"""One for each type of case: building an adapter takes longer than using it."""


def _adapter(kind: type[Case]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def take_snapshot(case: Case) -> Mapping[str, Any]:
    """The state of a case as JSON values."""
    state: Mapping[str, Any] = _adapter(type(case)).dump_python(case, mode="json", exclude=set(_ENTERED))
    return state


def restore_snapshot(case: P, state: Mapping[str, Any]) -> P:
    """The case with the state that was carried over from the run before."""
    entered = {name: getattr(case, name) for name in _ENTERED}
    whole: P = _adapter(type(case)).validate_python({**state, **entered})
    return replace(case, **{field.name: getattr(whole, field.name) for field in fields(case)})
