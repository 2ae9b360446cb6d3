"""``shareflow case``: open, show, list and drive cases of every procedure; ``shareflow procedure`` tells of each."""

from typing import Annotated

import typer

from cli.output import AsJson, help_when_alone, new_group
from cli.request import Key, do, show
from cli.running import run

cases = typer.Typer(invoke_without_command=True)
procedures = new_group("What can be opened, by whom, and what may be done then (办理程序).")


def register(app: typer.Typer) -> None:
    """Add ``case`` and ``procedure`` to the command line."""
    app.add_typer(cases, name="case")
    app.add_typer(procedures, name="procedure")


@cases.callback()
def _case(ctx: typer.Context) -> None:
    """Open, show, list and drive cases of every procedure on the running engine."""
    help_when_alone(ctx)


@cases.command("open")
def open_(
    file: Annotated[str, typer.Argument(help="YAML with `procedure`, `statute` and `request`, as in a scenario file.")],
    as_: Annotated[
        str | None, typer.Option("--as", help="The role that opens it; the first that may by default.")
    ] = None,
    org: Annotated[str | None, typer.Option(help="The opening organisation's code; a party's own by default.")] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Open a case."""
    from cli import case_file, case_work

    run(case_work.open_and_tell(case_file.read_case(file), as_, org, key, as_json))


cases.command()(show)
cases.command()(do)


@cases.command("list")
def list_(
    procedure: Annotated[str | None, typer.Option(help="Only cases of this procedure.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only cases in this stage.")] = None,
    party: Annotated[str | None, typer.Option(help="Only cases of this organisation (its code).")] = None,
    opened_by: Annotated[str | None, typer.Option(help="Only cases that follow from this one (its id).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    as_json: AsJson = False,
) -> None:
    """List cases, the newest first."""
    from cli import case_work, request_work

    run(request_work.list_requests(stage, party, limit, as_json, case_work.procedure_named(procedure), opened_by))


@procedures.command("list")
def list_procedures(as_json: AsJson = False) -> None:
    """All procedures, and who opens them under which statutes."""
    from cli import procedure_page

    procedure_page.list_all(as_json)


@procedures.command("show")
def show_procedure(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `shareflow procedure list` names it.")],
    as_json: AsJson = False,
) -> None:
    """One procedure: what is filed, its stages, commands and limits."""
    from cli import procedure_page

    procedure_page.show(name, as_json)


@procedures.command("diagram")
def diagram(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `shareflow procedure list` names it.")],
    statute: Annotated[str, typer.Option(help="The text under which it is drawn, as `shareflow statute list` has it.")],
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="The SVG file; standard output without it.")
    ] = None,
    english: Annotated[bool, typer.Option("--english", help="In English; in Chinese without it.")] = False,
) -> None:
    """The stages of a procedure under a text, in the order of the articles, as a picture (流程图)."""
    from cli import procedure_picture

    procedure_picture.write(name, statute, output, "en" if english else "zh")
