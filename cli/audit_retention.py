"""What ``shareflow audit hold``, ``release``, ``due-for-disposal`` and ``dispose`` do."""

import asyncio
from datetime import date, datetime
from typing import Any, Final

import typer

from cli.audit_export import store_of_papers
from cli.connection import connected, ledger_connected
from cli.errors import Failure
from cli.options import option
from cli.output import numbered, print_json
from cli.who import operator
from configuration.archive import archive_of
from configuration.settings import Settings
from domain.calendar import CHINA
from domain.evidence import plain
from domain.field_types import Given
from domain.log.acts import OperatorAct
from domain.messages.counting import CountingText
from domain.retention import Keepsake, packaged_retention
from starter.retention import Disposer, DueCase, due_cases, told_in_temporal
from starter.retention import hold as hold_case
from starter.retention import release as release_case

_COUNTED: Final = {
    Keepsake.HISTORY: CountingText("{number:history|histories}"),
    Keepsake.PAPERS: CountingText("{number:paper|papers}"),
}


async def hold(request_id: str, reason: str, as_json: bool) -> None:
    """Hold a case. Raises NotFound, NotDisposable."""
    why = option("--reason", Given, reason)
    async with ledger_connected() as ledger:
        act = await asyncio.to_thread(hold_case, ledger.writer, ledger.reader, request_id, why, operator())
    _tell(act, f"{request_id} is held: nothing of it goes until it is released.", as_json)


async def release(request_id: str, reason: str, as_json: bool) -> None:
    """Release a case. Raises NotFound, NotDisposable."""
    why = option("--reason", Given, reason)
    async with ledger_connected() as ledger:
        act = await asyncio.to_thread(release_case, ledger.writer, ledger.reader, request_id, why, operator())
    _tell(act, f"{request_id} is released.", as_json)


async def tell_due(as_json: bool) -> None:
    """Tell of which cases something may go."""
    async with ledger_connected() as ledger:
        found = await asyncio.to_thread(lambda: list(due_cases(ledger.reader, today())))
    if as_json:
        print_json([_plain(case) for case in found])
        return
    for case in found:
        what = ", ".join(_several(keepsake, number) for keepsake, number in case.due.items())
        by = "; ".join(dict.fromkeys(_ground(each) for each in _plain(case)["kept_until"]))
        held = f" Held: {case.held}." if case.held else ""
        typer.echo(f"{case.request_id}: {what}; closed on {case.closed_on}, kept until {by}.{held}")
    typer.echo(f"{numbered(len(found), 'case')}.")


async def dispose(request_id: str, reason: str, as_json: bool) -> None:
    """Let go of what is due of a case. Raises NotFound, NotDisposable, Failure."""
    why, settings = option("--reason", Given, reason), Settings()
    papers = store_of_papers(settings)
    async with connected(settings) as client:
        disposer = Disposer(client.reader, client.writer, archive_of(settings), papers, packaged_retention())
        told = await told_in_temporal(client.temporal, request_id)
        try:
            done = await asyncio.to_thread(disposer.dispose, request_id, why, operator(), today(), told)
        except OSError as error:
            raise Failure(f"It is recorded, but not all is removed ({error.strerror}): dispose again.") from None
    removed = f"{_several(Keepsake.HISTORY, done.histories)} and {_several(Keepsake.PAPERS, done.papers)} removed"
    _tell(done.act, f"{request_id}: {removed}.", as_json)


def today() -> date:
    """The day in Asia/Shanghai."""
    return datetime.now(CHINA).date()


def _several(keepsake: Keepsake, number: int) -> str:
    return _COUNTED[keepsake].format(number=number)


def _tell(act: OperatorAct, says: str, as_json: bool) -> None:
    if as_json:
        print_json(plain(act))
    else:
        typer.echo(f"{says} Act {act.number}.")


def _plain(case: DueCase) -> dict[str, Any]:
    return {
        "request_id": case.request_id,
        "statute": case.statute,
        "closed_on": case.closed_on.isoformat(),
        "held": case.held,
        "kept_until": [
            {
                "what": each.keepsake.value,
                "number": case.due[each.keepsake],
                "last_day": each.last_day.isoformat(),
                "basis": each.basis.value,
                "clause": each.clause.model_dump(mode="json") if each.clause else None,
            }
            for each in case.kept_until
        ],
    }


def _ground(kept: dict[str, Any]) -> str:
    clause = kept["clause"]
    return (
        f"{kept['last_day']} ({clause['statute']} art. {clause['article']})"
        if clause
        else f"{kept['last_day']} (policy)"
    )
