"""The cases of the dossiers that a command is given."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from audit.dossier.packing import read_dossier
from audit.replay.case import RecordedCase
from audit.replay.from_dossier import case_in
from cli.errors import Failure
from domain.calendar import Calendar


def cases_in(dossiers: Iterable[Path]) -> Iterator[tuple[RecordedCase, Calendar]]:
    """The case of each dossier with its calendar, one in memory at a time; a case that comes again is passed over.

    Raises DossierUnusable, and Failure for a case that two dossiers have in two states.
    """
    seen: dict[str, tuple[Path, str]] = {}
    for path in dossiers:
        recorded, calendar = case_in(read_dossier(path))
        name, last = recorded.request_id, recorded.events[-1].digest
        if name not in seen:
            seen[name] = path, last
            yield recorded, calendar
        elif seen[name][1] != last:
            raise Failure(f"{path} has {name} in another state than {seen[name][0]}: name one of them.")
