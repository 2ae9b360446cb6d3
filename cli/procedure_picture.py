"""What ``shareflow procedure diagram`` does."""

import typer

from cli.options import word
from configuration.files import write_text
from domain.messages import Language
from domain.statutes.loader import get_statute
from domain.words import ProcedureName
from procedures.registry import PROCEDURES
from starter.diagram.of_procedure import picture_of
from starter.diagram.svg import draw
from starter.errors import InvalidInput
from starter.procedures import required


def write(text: str, statute_id: str, output: str | None, language: Language) -> None:
    """Draw one procedure under one text. Raises InvalidInput for one that is not there, UnknownStatute, FileError."""
    name = word(ProcedureName, text, "procedure")
    statute = get_statute(statute_id)
    procedure = PROCEDURES[name]
    if statute.id not in required(procedure):
        raise InvalidInput(f"{statute.id} does not have the procedure {name}.")
    drawn = draw(picture_of(procedure, statute, language))
    if output is None:
        typer.echo(drawn, nl=False)
        return
    write_text(output, drawn)
