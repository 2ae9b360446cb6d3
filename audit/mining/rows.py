"""An event log as a table: a row an event, as CSV, for programs that know no better form."""

from collections.abc import Iterable, Iterator
from typing import Final

from audit.csv_text import csv_lines
from audit.mining.happenings import happenings, party_of
from audit.replay.case import RecordedCase
from domain.evidence import instant_text

COLUMNS: Final = (
    *("case_id", "activity", "timestamp", "seq", "stage", "role", "org", "org_name", "clock", "statute", "article"),
    *("procedure", "case_statute", "requester", "provider", "resource"),
)


def rows_text(cases: Iterable[RecordedCase]) -> Iterator[str]:
    """The log of these cases, line by line."""
    return csv_lines(COLUMNS, (row for recorded in cases for row in _rows(recorded)))


def _rows(recorded: RecordedCase) -> Iterator[tuple[str | int | None, ...]]:
    case = recorded.unfiled
    of_case = (recorded.procedure.name.value, recorded.statute.id)
    parties = (case.requester.code, case.provider.code, case.resource.code)
    for each in happenings(recorded):
        event, party = each.event, party_of(recorded, each.event.actor.role)
        yield (
            *(recorded.request_id, event.type.value, instant_text(event.at), event.seq, event.stage.value),
            *(event.actor.role.value, event.actor.org, party.name if party else None, each.kind),
            *(event.statute, event.article, *of_case, *parties),
        )
