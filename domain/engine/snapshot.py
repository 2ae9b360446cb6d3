"""A case's state as data: what one run of a case hands to the next, and back again."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from pydantic import TypeAdapter

from domain.engine.case import Case

P = TypeVar("P", bound=Case)

_ENTERED = frozenset({"request_id", "statute", "policy"})
"""What every run is started with anyway."""


_ADAPTERS: dict[type[Case], TypeAdapter[Any]] = {}
"""Made once for each kind: making one takes longer than all that is done with it."""


def _adapter(kind: type[Case]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def take_snapshot(case: Case) -> Mapping[str, Any]:
    """All that has come of a case, as JSON values."""
    state: Mapping[str, Any] = _adapter(type(case)).dump_python(case, mode="json", exclude=set(_ENTERED))
    return state


def restore_snapshot(case: P, state: Mapping[str, Any]) -> P:
    """A new case with the state that was carried over."""
    entered = {name: getattr(case, name) for name in _ENTERED}
    whole: P = _adapter(type(case)).validate_python({**state, **entered})
    return replace(case, **{field.name: getattr(whole, field.name) for field in fields(case)})
