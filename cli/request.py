"""``shareflow request``: file, show, list and drive requests on the running engine."""

from typing import Annotated

import typer

from cli.output import help_when_alone
from cli.running import run

requests = typer.Typer(invoke_without_command=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Key = Annotated[str | None, typer.Option(help="Your key: the same key acts once, however often it is sent.")]


def register(app: typer.Typer) -> None:
    """Add ``request`` to the command line."""
    app.add_typer(requests, name="request")


@requests.callback()
def _request(ctx: typer.Context) -> None:
    """File, show, list and drive requests on the running engine."""
    help_when_alone(ctx)


@requests.command("file")
def file_(
    file: Annotated[
        str, typer.Argument(help="YAML with `statute` (or `jurisdiction`) and `request`, as in a scenario file.")
    ],
    key: Key = None,
    as_json: Json = False,
) -> None:
    """File a request."""
    from cli import case_file, case_work

    run(case_work.open_and_tell(case_file.read_share_request(file), None, None, key, as_json))


@requests.command()
def show(request_id: str, as_json: Json = False) -> None:
    """Show a case: where it stands, and its timeline."""
    from cli import request_work

    run(request_work.show(request_id, as_json))


@requests.command("list")
def list_(
    stage: Annotated[str | None, typer.Option(help="Only cases in this stage.")] = None,
    party: Annotated[str | None, typer.Option(help="Only cases of this organisation (its code).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    as_json: Json = False,
) -> None:
    """List cases, the newest first."""
    from cli import request_work
    from procedures.registry import DEFAULT

    run(request_work.list_requests(stage, party, limit, as_json, DEFAULT.name))


@requests.command()
def do(
    request_id: str,
    command: Annotated[str, typer.Argument(help="grant, refuse, open_negotiation …")],
    by: Annotated[str, typer.Option(help="The role that acts.")],
    org: Annotated[str | None, typer.Option(help="The acting organisation's code; a party's own by default.")] = None,
    with_: Annotated[str, typer.Option("--with", help='Fields as JSON, such as {"reason": "…"}.')] = "{}",
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Give a command."""
    from cli import request_work

    run(request_work.give(request_id, command, by, org, with_, key, as_json))
