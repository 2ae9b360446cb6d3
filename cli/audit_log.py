"""What ``shareflow audit log`` does. What needs an engine is imported where it is asked for one."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import typer

from audit.mining.formats import LogFormat, log_text
from audit.replay.case import RecordedCase
from cli.audit_chosen import NOTHING_CHOSEN, Options, chosen, refuse_both, whole_or_failure
from cli.audit_files import cases_in
from cli.errors import Failure, say
from cli.output import numbered
from cli.running import run


def event_log(dossiers: Sequence[Path], options: Options, form: str, to: Path) -> None:
    """Write the log of dossiers, or of the cases of the ledger that the options name. Raises Failure."""
    if form not in set(LogFormat):
        raise Failure(f"There is no format {form}; there are {', '.join(LogFormat)}.")
    if dossiers:
        refuse_both(options)
        _write((case for case, _ in cases_in(dossiers)), form, to, dossiers)
    else:
        run(_of_ledger(options, form, to))


async def _of_ledger(options: Options, form: str, to: Path) -> None:
    import asyncio

    from cli.connection import ledger_connected
    from starter.findings import all_recorded

    wanted = chosen(*options)
    async with ledger_connected() as ledger:
        await asyncio.to_thread(lambda: _write(all_recorded(ledger.reader, wanted), form, to))


def _write(cases: Iterable[RecordedCase], form: str, to: Path, read: Sequence[Path] = ()) -> None:
    seen = 0

    def counted() -> Iterator[RecordedCase]:
        nonlocal seen
        for recorded in cases:
            seen += 1
            yield recorded

    with whole_or_failure(to, read) as file:
        for piece in log_text(LogFormat(form), counted()):
            file.write(piece.encode())
    typer.echo(f"{numbered(seen, 'case')} in {to}")
    if not seen:
        say(NOTHING_CHOSEN)
