"""Files with one case each to open: under ``request`` stands what is filed in the procedure that they name."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, create_model

from domain.words import ProcedureName
from procedures.registry import DEFAULT, PROCEDURES

M = TypeVar("M", bound=BaseModel)


def kind_for(data: object, kind: type[M]) -> type[M]:
    """The kind of file as which data is to be read: its ``request`` is what the procedure takes that the data names.

    Without a name it is of the default procedure. Under a name that no procedure has the request may be anything, so
    that reading the data tells of the name.
    """
    if not isinstance(data, Mapping) or "procedure" not in data:
        return kind_of(DEFAULT.name, kind)
    return kind_of(next((name for name in PROCEDURES if name.value == data["procedure"]), None), kind)


@cache
def kind_of(procedure: ProcedureName | None, kind: type[M]) -> type[M]:
    """The kind of file whose ``request`` is what is filed in the procedure; None: whatever it says."""
    filed: Any = PROCEDURES[procedure].matter if procedure else Mapping[str, Any]
    return create_model(kind.__name__, __base__=kind, request=(filed, ...))
