"""How every command fails: one plain sentence on standard error and an exit code, never a traceback."""

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from configuration.settings import Settings

REFUSED, UNUSABLE, INTERRUPTED = 1, 2, 130

INSUFFICIENT_PRIVILEGE = "42501"
"""PostgreSQL's code of an error: the user lacks the right to what was asked."""

READS_ALONE = "The database does not let its user do this: auditors read the ledger and write nothing."

EXIT_CODES = {
    "cli.errors.Failure": UNUSABLE,
    "starter.errors.RequestRefused": REFUSED,
    "starter.errors.NotFound": REFUSED,
    "starter.errors.KeyReused": REFUSED,
    "starter.errors.AlreadyOpen": REFUSED,
    "starter.retention.NotDisposable": REFUSED,
    "starter.errors.EngineError": UNUSABLE,
    "audit.dossier.contents.DossierUnusable": UNUSABLE,
    "audit.replay.state.NotFiledYet": REFUSED,
    "configuration.files.FileError": UNUSABLE,
    "configuration.errors.StartupError": UNUSABLE,
    "starter.scenario_complaints.ScenarioError": UNUSABLE,
    "configuration.policy_file.PolicyError": UNUSABLE,
    "protocol.sealing.NotOpened": UNUSABLE,
    "ledger.errors.LedgerUnavailable": UNUSABLE,
    "ledger.errors.AnotherLog": UNUSABLE,
    "ledger.errors.LedgerConflict": UNUSABLE,
    "ledger.errors.BadCursor": UNUSABLE,
    "ledger.errors.CursorExpired": UNUSABLE,
    "domain.calendar.errors.CalendarError": UNUSABLE,
    "domain.log.keys.CannotSign": UNUSABLE,
    "domain.departments.DepartmentsError": UNUSABLE,
    "domain.engine.process.InvalidProcess": UNUSABLE,
    "domain.statutes.errors.StatuteError": UNUSABLE,
    "domain.statutes.errors.UnknownStatute": REFUSED,
    "domain.yaml_text.YamlTextError": UNUSABLE,
}
"""The errors whose message is a sentence for people, by name: naming them takes no import of what they belong to."""


class Failure(Exception):
    """A command cannot go on; the message is one plain sentence, ``code`` the exit code."""

    def __init__(self, sentence: str, code: int = UNUSABLE) -> None:
        super().__init__(sentence)
        self.code = code


def say(sentence: str) -> None:
    """Tell a problem on standard error, on one line whatever it quotes."""
    plain = "".join(x if x.isprintable() else "?" for x in " ".join(sentence.split()))
    typer.echo(plain, err=True)


class PlainGroup(TyperGroup):
    """The root of the commands: turns whatever is raised into a sentence and an exit code."""

    def main(  # the arguments are typer's
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line. Raises SystemExit with the exit code, unless another frame asks for the error itself."""
        rest = {"windows_expand_args": windows_expand_args, **extra}
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **rest)
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **rest)
        except Exception as error:
            sys.exit(tell(error))
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        """Run the command of ``ctx``. Raises Failure when it was interrupted."""
        try:
            done = super().invoke(ctx)
            # Here a reader who has gone away is still met quietly; at the end of the program it would not be.
            sys.stdout.flush()
            return done
        except KeyboardInterrupt:
            raise Failure("Interrupted.", INTERRUPTED) from None


def tell(error: Exception) -> int:
    """Say what went wrong, in one sentence, and give the exit code."""
    if isinstance(error, TyperException):
        say(_usage(error))
        return UNUSABLE
    if isinstance(error, typer.Abort):
        say("Interrupted.")
        return INTERRUPTED
    code = exit_code(error)
    if code is not None:
        say(str(error))
        return code
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        say(f"Nothing more can be written: {os.strerror(errno.ENOSPC)}.")
    elif getattr(getattr(error, "orig", error), "pgcode", None) == INSUFFICIENT_PRIVILEGE:
        say(READS_ALONE)
    else:
        say(_unexpected(error))
    return UNUSABLE


def exit_code(error: BaseException) -> int | None:
    """The exit code of an error whose message is fit for people; None for one that nobody expected."""
    if isinstance(error, Failure):
        return error.code
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__)
    return next((EXIT_CODES[name] for name in names if name in EXIT_CODES), None)


def _usage(error: TyperException) -> str:
    """A wrong command line, with where to read how it goes."""
    message = error.format_message().strip().rstrip(".")
    ctx = getattr(error, "ctx", None)
    path = getattr(ctx, "command_path", "shareflow")
    return f"{message}; see {path} --help."


def _unexpected(error: Exception) -> str:
    """A sentence about a bug or a broken machine, and where the traceback is."""
    lines = traceback.format_exception(error)
    what = type(error).__name__
    reason = " ".join(str(error).split())[:300]
    said = f"Something unexpected happened ({what}{': ' + reason if reason else ''})"
    if Settings().log == "debug":
        typer.echo("".join(lines), err=True)
        return f"{said}; the traceback stands above."
    file = _keep(lines)
    return f"{said}; the traceback is in {file}." if file else f"{said}; SHAREFLOW_LOG=debug shows the traceback."


def _keep(lines: Sequence[str]) -> Path | None:
    """Write a traceback into the state folder if there is one that can be written; the file, or None."""
    try:
        folder = Settings().state
        if not folder.is_dir():
            return None
        file = folder / "errors.log"
        with file.open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{datetime.now().astimezone().isoformat()}\n{''.join(lines)}\n")
        return file
    except (OSError, RuntimeError):
        return None
