"""All clauses of a statute, with their paths."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from domain.statutes.model import Clause

Path = tuple[str | int, ...]


def clauses(part: BaseModel, path: Path = ()) -> Iterator[tuple[Path, Clause]]:
    """Every clause in a statute, or in a part of one, with its path."""
    for name in type(part).model_fields:
        yield from _clauses_in(getattr(part, name), (*path, name))


def _clauses_in(value: Any, path: Path) -> Iterator[tuple[Path, Clause]]:
    if isinstance(value, Clause):
        yield path, value
    elif isinstance(value, BaseModel):
        yield from clauses(value, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _clauses_in(inner, (*path, str(key)))
    elif isinstance(value, (list, tuple)):
        for place, inner in enumerate(value):
            yield from _clauses_in(inner, (*path, place))
