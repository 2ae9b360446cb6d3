"""``shareflow doctor``: what works here, what does not, and how to mend it (体检)."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.errors import UNUSABLE
from cli.output import AsJson, print_json
from domain.messages import LANGUAGES, Language, label

MARKS = {"ok": "green", "warning": "yellow", "problem": "red", "skipped": "cyan"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor_command)


def doctor_command(
    json_output: AsJson = False,
    lang: Annotated[Language, typer.Option(help="The language of what is found; the last line has both.")] = "en",
) -> None:
    """Say what works here, what does not, and how to mend it; exit 0 when Shareflow is usable."""
    from cli.checks import every_check
    from cli.running import run
    from configuration.settings import Settings

    checks = run(every_check(Settings()), usual_level="error")
    usable = all(check.state != "problem" for check in checks)
    if json_output:
        print_json({"usable": usable, "checks": [check.as_data(lang) for check in checks]})
    else:
        wide, signs = max(len(check.name) for check in checks), max(len(_state(each, lang)) for each in MARKS)
        behind = " " * (signs * (2 if lang == "zh" else 1) + wide)  # a Chinese sign takes the room of two
        for check in checks:
            mark = typer.style(f"{_state(check.state, lang):<{signs}}", fg=MARKS[check.state])
            typer.echo(f"{mark}  {check.name:<{wide}}  {check.told(lang)}")
            if mend := check.to_mend(lang):
                typer.echo(f"{behind}    → {mend}")
        typer.echo(_verdict([check.name for check in checks if check.state == "problem"]))
    if not usable:
        raise typer.Exit(UNUSABLE)


def _state(state: str, language: Language) -> str:
    return label("doctor_state", state, language)


def _verdict(problems: Sequence[str]) -> str:
    """Whether Shareflow is usable, or what keeps it from working."""
    word = "not_usable" if problems else "usable"
    said = (label("doctor", word, each).format(names=", ".join(problems)) for each in LANGUAGES[::-1])
    return " ".join(said)
