"""Runs that a reset has put aside: no run leads on from one, and yet it shows what people had said to the case.

One that the code of this version decides otherwise, which may be why it was reset, shows nothing here.
"""

from collections.abc import Sequence
from typing import NamedTuple

from audit.dossier.contents import CaseDossier
from audit.verification.history import check_filing, history_named, opening_in, replay
from audit.verification.record import CaseRecord
from audit.verification.replayed import Replayed
from audit.verification.results import CheckFailed
from domain.messages.counting import CountingText


class AsideRun(NamedTuple):
    """A run that was put aside, by the name of its history; ``replayed`` is None where it decides otherwise here."""

    name: str
    replayed: Replayed | None


async def runs_put_aside(dossier: CaseDossier, record: CaseRecord) -> list[AsideRun]:
    """The runs of a case that were put aside, run again. Raises CheckFailed for a history of anything else."""
    found = []
    for name in dossier.put_aside:
        history = history_named(dossier, name)
        opening = opening_in(history)
        if opening.request_id != record.request_id:
            raise CheckFailed(f"{name} is the history of {opening.request_id}")
        check_filing(name, record, opening)
        replayed = Replayed()
        failure = await replay(history, replayed)
        found.append(AsideRun(name, None if failure else replayed))
    return found


def told_of_aside(runs: Sequence[AsideRun]) -> str:
    """How many runs were put aside, in words; nothing where none was."""
    otherwise = [run.name for run in runs if run.replayed is None]
    counted = CountingText("{runs:run|runs} that a reset put aside").format(runs=len(runs))
    less = f"; run again, this decides otherwise and shows nothing: {', '.join(otherwise)}" if otherwise else ""
    return f"; {counted}{less}" if runs else ""
