"""``shareflow duties``: what is due again and again, and the schedules that open its cases (定期工作)."""

from typing import Annotated

import typer

from cli.output import AsJson, new_group
from cli.running import run

commands = new_group("What is due again and again, and the schedules that open its cases (定期工作).")


def register(app: typer.Typer) -> None:
    """Add the group to the command."""
    app.add_typer(commands, name="duties")


@commands.command("list")
def list_command(json_output: AsJson = False) -> None:
    """Every duty of the texts of the listed places: whose, how often, and when its next cases are opened."""
    from cli.duties_work import tell_duties

    run(tell_duties(json_output))


@commands.command()
def sync(json_output: AsJson = False) -> None:
    """Make Temporal's schedules what the texts and the list of departments say; again, and nothing changes."""
    from cli.duties_work import sync_and_tell

    run(sync_and_tell(json_output))


@commands.command("open")
def open_command(
    statute: Annotated[
        str, typer.Argument(metavar="STATUTE", help="A statute, or a place (`nantong`): then its text of today.")
    ],
    duty: Annotated[str, typer.Argument(metavar="DUTY", help="As `shareflow duties list` names it.")],
    period: Annotated[
        str, typer.Option(help="Such as 2026, 2026-H1 or 2026-Q3; the day, where it is due after each event.")
    ],
    department: Annotated[
        str | None, typer.Option(metavar="CODE", help="One department; left out, all of the list.", show_default=False)
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Its name, where the list does not have it.", show_default=False)
    ] = None,
    json_output: AsJson = False,
) -> None:
    """Open the cases of one period by hand; those that are there already stay as they are."""
    from cli.duties_work import open_and_tell

    run(open_and_tell(statute, duty, period, department, name, json_output))
