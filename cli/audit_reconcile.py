"""What ``shareflow audit reconcile`` does."""

import asyncio
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

import typer

from background.archive.comparison import Comparison
from background.archive.differing import CompareFinding, Discrepancy
from background.archive.lacking import gaps_of
from background.archive.repairing import repair
from cli.audit_export import paper_there_in
from cli.connection import connected
from cli.errors import REFUSED, Failure
from cli.older import to_do_about, told_of_gaps
from cli.options import option
from cli.output import numbered, print_json
from cli.who import named_operator, operator
from configuration.archive import archive_of
from configuration.settings import Settings
from domain.field_types import Given
from domain.log.acts import Acting, ActKind, NewAct
from domain.messages import LANGUAGES
from ledger.failures import DATABASE_FAILED
from protocol.asking import TEMPORAL_FAILED
from starter.engine_client import ShareflowClient

_ACTS: Final = {Discrepancy.MISSING: ActKind.BEGIN_ANEW, Discrepancy.ALTERED: ActKind.ROW_REPAIR}
"""As which act a repair is recorded; all others are of the archive."""


class Repairs(NamedTuple):
    """What is put right: what may be at any time, and ``anew`` also what Temporal has nothing of."""

    wanted: bool
    anew: bool = False


async def reconcile(repairs: Repairs, quick: bool, by: str | None, as_json: bool) -> None:
    """Tell what differs, and repair what may be. Raises typer.Exit with 1 where anything does, Failure."""
    settings, actor = Settings(), operator() if by is None else named_operator(option("--by", Given, by))
    found: list[tuple[CompareFinding, bool]] = []
    async with connected(settings) as client:
        there = paper_there_in(settings)
        comparison = Comparison(client.temporal, client.reader, archive_of(settings), quick, paper_there=there)
        try:
            try:
                async for each in comparison.findings():
                    found.append((each, repairs.wanted and await repair(comparison, each, repairs.anew)))
                    if not as_json:
                        _tell(*found[-1])
            finally:  # what was repaired is recorded, also where the comparison is broken off
                await _note(client, actor, [each for each, repaired in found if repaired])
        except (*TEMPORAL_FAILED, *DATABASE_FAILED, OSError) as error:
            cause = " ".join(str(error).split())
            raise Failure(f"The comparison was broken off: {cause}; what was told so far holds.") from None
    if as_json:
        print_json([_plain(*each) for each in found])
    else:
        typer.echo(f"{numbered(comparison.compared, 'case')} compared, {numbered(len(found), 'finding')}.")
        if comparison.on_their_way:
            waits = numbered(comparison.on_their_way, "case")
            typer.echo(
                f"Of {waits} a step of the last minute may be on its way to Temporal: compare again in a minute."
            )
        gaps = gaps_of(each.lacking for each, repaired in found if not repaired)
        if gaps:
            for tell in (told_of_gaps, to_do_about):
                typer.echo(" ".join(tell(gaps, language) for language in LANGUAGES[::-1]))
    if found:
        raise typer.Exit(REFUSED)


async def _note(client: ShareflowClient, by: Acting, repaired: Sequence[CompareFinding]) -> None:
    """Record what was repaired, case by case: it stands in the dossier of each."""
    for (request_id, kind), of_it in groupby(sorted(repaired, key=_recorded_as), _recorded_as):
        said = [_said(each) for each in of_it]
        details: dict[str, Any] = {} if kind is ActKind.BEGIN_ANEW else {"repaired": said}
        act = NewAct(kind=kind, by=by, target=request_id, request_id=request_id, details=details)
        await asyncio.to_thread(client.writer.note_act, act)


def _said(found: CompareFinding) -> dict[str, Any]:
    """A repair, as its act tells it; of a row also what stood there."""
    said: dict[str, Any] = {
        "request_id": found.request_id,
        "difference": found.kind.value,
        "run_id": found.run_id,
    }
    if found.kind is Discrepancy.ALTERED:
        said |= {"says": found.says, "fields": [each.as_data for each in found.alterations]}
    return said


def _recorded_as(found: CompareFinding) -> tuple[str, ActKind]:
    """The case whose dossier the repair of a finding belongs to, and as which act."""
    return found.request_id, _ACTS.get(found.kind, ActKind.ARCHIVE_REPAIR)


def _tell(found: CompareFinding, repaired: bool) -> None:
    typer.echo(f"{found.kind:10}  {found.request_id}: {found.says} {'Repaired.' if repaired else found.to_do}")


def _plain(found: CompareFinding, repaired: bool) -> dict[str, object]:
    lacking = found.lacking
    return {
        "request_id": found.request_id,
        "difference": found.kind.value,
        "says": found.says,
        "to_do": None if repaired else found.to_do,
        "repaired": repaired,
        "fields": [each.as_data for each in found.alterations],
        "older": lacking.side.value if lacking else None,
        "calls": lacking.calls if lacking else None,
        "first_at": lacking.first_at.isoformat() if lacking else None,
        "last_at": lacking.last_at.isoformat() if lacking else None,
    }
