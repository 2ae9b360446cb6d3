"""The departments of each place (部门名录), for which the rounds of periodic duties open cases.

A file lists the current departments of each place. Duties of an organ are opened for the organ that the text names, so
a place with an empty list has only those.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, ValidationError

from domain.access import place_of
from domain.codes import code_key
from domain.field_types import Code, Given, ShortText
from domain.model import Fixed
from domain.statutes.model import Statute
from domain.validation_messages import first_problem, key_path
from domain.yaml_text import YamlTextError, read_yaml


class DepartmentsError(ValueError):
    """A list of departments that cannot be used: one sentence with file, line, key and reason."""


class Department(Fixed):
    """One department. ``duties``: duties on record (备案) that it has in addition to those of every department."""

    code: Annotated[Code, StringConstraints(min_length=1)]
    name: Given
    duties: tuple[ShortText, ...] = ()


def _empty_list(value: Any) -> Any:
    return () if value is None else value


Place = Annotated[tuple[Department, ...], Field(max_length=5000), BeforeValidator(_empty_list)]
Departments = Mapping[str, tuple[Department, ...]]
"""The departments by place, named as ``place_of`` does: ``nantong``, ``changshu``."""


def name_in(places: Departments, code: str) -> str | None:
    """The name of the department with this code; None if it is not listed."""
    wanted = code_key(code)
    found = (each.name for departments in places.values() for each in departments if code_key(each.code) == wanted)
    return next(found, None)


class _File(BaseModel):
    places: dict[str, Place]


def read_departments(text: str, where: str, statutes: Iterable[Statute]) -> Departments:
    """Read a file of departments. Raises DepartmentsError if it is malformed, or contradicts itself or the texts."""
    try:
        document = read_yaml(text, where)
    except YamlTextError as error:
        raise DepartmentsError(str(error)) from None
    try:
        places = _File.model_validate({"places": document.data}).places
    except ValidationError as error:
        path, reason = first_problem(error)
        path = path[1:]
        raise DepartmentsError(f"{where}, line {document.line(path)}: {key_path(path)} {reason}.") from None
    problem = _first_problem(places, list(statutes))
    if problem is not None:
        path, reason = problem
        raise DepartmentsError(f"{where}, line {document.line(path)}: {key_path(path)} {reason}.")
    return places


def _first_problem(places: Departments, statutes: list[Statute]) -> tuple[tuple[str | int, ...], str] | None:
    """Path and reason of the first place without a text, duplicate code, or duty not on record in the place's texts."""
    known = {place_of(statute.id) for statute in statutes}
    for place, departments in places.items():
        if place not in known:
            return (place,), f"is no place with a text; there are {', '.join(sorted(known))}"
        texts = [statute for statute in statutes if place_of(statute.id) == place]
        on_record = sorted({duty.id for text in texts for duty in text.duties or () if duty.on_record})
        seen: set[str] = set()
        for number, department in enumerate(departments):
            if code_key(department.code) in seen:
                return (place, number, "code"), f"{department.code} stands a second time"
            seen.add(code_key(department.code))
            for nth, duty in enumerate(department.duties):
                if duty not in on_record:
                    there = ", ".join(on_record) or "none"
                    return (place, number, "duties", nth), f"is no duty on record there; there are: {there}"
    return None
