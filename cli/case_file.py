"""Files with a case to open: `procedure`, `statute` or `jurisdiction`, `request` and `name`, as in a scenario."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError, create_model

from configuration.files import read_text
from domain.access import place_of
from domain.engine.filed import Filed
from domain.field_types import Given, ShortText
from domain.validation_messages import first_problem, key_path
from domain.words import ProcedureName
from domain.yaml_text import read_yaml
from procedures.registry import DEFAULT, PROCEDURES
from starter.errors import InvalidInput


class CaseFile(Filed):
    """What such a file says; without a procedure it is of the default one.

    `statute` says under which text; else `jurisdiction` where, and the text in force there today applies.
    """

    procedure: ProcedureName = DEFAULT.name
    statute: Given | None = None
    jurisdiction: Given | None = None
    request: Filed
    name: ShortText | None = None


def read_case(name: str) -> CaseFile:
    """A file's case. Raises EngineError and FileError, naming the line."""
    document = read_yaml(read_text(name), name)
    try:
        found = _model_of(_procedure_named(document.data)).model_validate(document.data)
    except ValidationError as error:
        path, reason = first_problem(error)
        where = f"{key_path(path)} " if path else ""
        raise InvalidInput(f"{name}, line {document.line(path)}: {where}{reason}.") from None
    if found.procedure not in PROCEDURES:
        raise InvalidInput(f"{name}: There is no procedure {found.procedure} here.")
    if found.statute is None and found.jurisdiction is None:
        line = document.line(("statute",))
        raise InvalidInput(f"{name}, line {line}: statute is missing, and so is jurisdiction.")
    if found.statute and found.jurisdiction and place_of(found.statute) != found.jurisdiction:
        line = document.line(("jurisdiction",))
        raise InvalidInput(f"{name}, line {line}: jurisdiction is not the place of {found.statute}.")
    return found


def read_share_request(name: str) -> CaseFile:
    """A file's case, which is a share request. Raises as :func:`read_case`."""
    found = read_case(name)
    if found.procedure is not DEFAULT.name:
        raise InvalidInput(f"{name}: is a {found.procedure}; open it with shareflow case open.")
    return found


def _procedure_named(data: Any) -> ProcedureName | None:
    """The procedure that a file names, or None where there is no such; the default one where it names none."""
    if not isinstance(data, Mapping) or "procedure" not in data:
        return DEFAULT.name
    return next((procedure for procedure in PROCEDURES if procedure.value == data["procedure"]), None)


@cache
def _model_of(procedure: ProcedureName | None) -> type[CaseFile]:
    """A file whose ``request`` is what is filed in the procedure; None: whatever it says."""
    filed: Any = PROCEDURES[procedure].matter if procedure else Mapping[str, Any]
    return create_model("CaseFile", __base__=CaseFile, request=(filed, ...))
