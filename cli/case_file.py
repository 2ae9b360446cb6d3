"""Files with a case to open: `procedure`, `statute` or `jurisdiction`, `request` and `name`, as in a scenario."""

from pydantic import ValidationError

from configuration.files import read_text
from domain.access import place_of
from domain.engine.filed import Filed
from domain.field_types import Given, ShortText
from domain.validation_messages import first_problem, key_path
from domain.words import ProcedureName
from domain.yaml_text import read_yaml
from procedures.registry import DEFAULT, PROCEDURES
from starter.case_files import kind_for
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
        found = kind_for(document.data, CaseFile).model_validate(document.data)
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
