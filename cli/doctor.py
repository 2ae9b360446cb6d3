"""``shareflow doctor``: what works here, what does not, and how to mend it (体检)."""

from collections.abc import Sequence

import typer

from cli.errors import UNUSABLE
from cli.output import AsJson, print_json

MARKS = {"ok": "green", "warning": "yellow", "problem": "red", "skipped": "cyan"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor_command)


def doctor_command(json_output: AsJson = False) -> None:
    """Say what works here, what does not, and how to mend it; exit 0 when Shareflow is usable."""
    from cli.checks import every_check
    from cli.running import run
    from configuration.settings import Settings

    checks = run(every_check(Settings()), usual_level="error")
    usable = all(check.state != "problem" for check in checks)
    if json_output:
        print_json({"usable": usable, "checks": [vars(check) for check in checks]})
    else:
        wide = max(len(check.name) for check in checks)
        for check in checks:
            mark = typer.style(f"{check.state:<7}", fg=MARKS[check.state])
            typer.echo(f"{mark}  {check.name:<{wide}}  {check.says}")
            if check.mend:
                typer.echo(f"{'':9}{'':{wide}}  → {check.mend}")
        typer.echo(_verdict([check.name for check in checks if check.state == "problem"]))
    if not usable:
        raise typer.Exit(UNUSABLE)


def _verdict(problems: Sequence[str]) -> str:
    if not problems:
        return "Shareflow is usable here."
    return f"Shareflow is not usable here yet: mend {', '.join(problems)}."
