"""Files that each open one case: ``request`` has what is filed in the named procedure."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, create_model

from domain.words import ProcedureName
from procedures.registry import DEFAULT, PROCEDURES

M = TypeVar("M", bound=BaseModel)


def kind_for(data: object, kind: type[M]) -> type[M]:
    """The kind of file for reading some data: its ``request`` is that of the procedure named in the data.

    Without a name, that of the default procedure. With an unknown name the request may be anything, so that reading the
    data reports the name.
    """
    if not isinstance(data, Mapping) or "procedure" not in data:
        return kind_of(DEFAULT.name, kind)
    return kind_of(next((name for name in PROCEDURES if name.value == data["procedure"]), None), kind)


@cache
def kind_of(procedure: ProcedureName | None, kind: type[M]) -> type[M]:
    """The kind of file whose ``request`` is a filing of the procedure; None: anything."""
    filed: Any = PROCEDURES[procedure].matter if procedure else Mapping[str, Any]
    return create_model(kind.__name__, __base__=kind, request=(filed, ...))
