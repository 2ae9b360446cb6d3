"""``shareflow stuck``: what does not move, and why: for the people who free it."""

from typing import Annotated

import typer

from cli.output import AsJson
from cli.running import run

stuck = typer.Typer(invoke_without_command=True)
Reason = Annotated[str, typer.Option("--reason", help="Why you do it; it is recorded under your name.")]
Subject = Annotated[str, typer.Argument(metavar="ID", help="What `shareflow stuck` names.")]


def register(app: typer.Typer) -> None:
    """Add ``stuck`` to the command line."""
    app.add_typer(stuck, name="stuck")


@stuck.callback()
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List what does not move, and why; with a command, do something about it."""
    if ctx.invoked_subcommand is None:
        from cli.stuck_work import tell_stuck

        run(tell_stuck(as_json))


@stuck.command()
def retry(
    reason: Reason,
    subject: Annotated[str | None, typer.Argument(metavar="ID", help="What `shareflow stuck` names.")] = None,
    cause: Annotated[
        str | None, typer.Option("--cause", help="With ID: only this cause. Without: all that share it, as a batch.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether to begin the batch.")] = False,
    as_json: AsJson = False,
) -> None:
    """Have one tried again, or all that share a cause; tells of each whether it moves now."""
    from cli.stuck_acts import retry_and_tell

    run(retry_and_tell(subject, cause, reason, yes, as_json))


@stuck.command()
def reset(
    subject: Subject,
    to: Annotated[str, typer.Option("--to", help="A point: `first`, `last`, or `before:` and a command.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Let a workflow go on from an earlier point; it takes over what the ledger holds and repeats no event."""
    from cli.stuck_acts import reset_and_tell

    run(reset_and_tell(subject, to, reason, as_json))


@stuck.command()
def note(subject: Subject, text: str, as_json: AsJson = False) -> None:
    """Write down what whoever looks after it must know; it stays, under your name."""
    from cli.stuck_acts import note_and_tell

    run(note_and_tell(subject, text, as_json))


@stuck.command("hand-over")
def hand_over(
    subject: Subject,
    to: Annotated[str, typer.Option("--to", help="Who looks after it from now on.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Say who looks after it from now on."""
    from cli.stuck_acts import hand_over_and_tell

    run(hand_over_and_tell(subject, to, reason, as_json))
