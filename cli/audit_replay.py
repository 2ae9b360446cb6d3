"""What ``shareflow audit replay`` does. What needs an engine is imported where it is asked for one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from audit.replay.case import RecordedCase
from audit.replay.difference import difference
from audit.replay.hindsight import moved_since
from audit.replay.state import as_it_stood
from cli.audit_chosen import chosen
from cli.errors import Failure
from cli.past_page import print_difference, print_past, print_past_cases
from cli.running import run
from domain.calendar import CHINA, Calendar

if TYPE_CHECKING:
    from ledger.queries.views import CaseFilter


@dataclass(frozen=True)
class AskedCases:
    """The options of a list of cases, as they were given."""

    department: str | None
    first: str | None
    last: str | None
    statute: str | None
    at: str | None
    limit: int
    cursor: str | None

    def refuse_beside_one(self) -> None:
        """Raises Failure where a case is named, and cases are to be listed as well."""
        if any(each is not None for each in (self.department, self.first, self.last, self.statute, self.cursor)):
            raise Failure("Name one case, or cases of the ledger by department, period and statute; not both.")

    def filter(self) -> "CaseFilter":
        """The cases that are meant. Raises InvalidInput, Failure where none of the options narrows them."""
        options = (self.department, self.first, self.last, self.statute)
        if options == (None, None, None, None):
            raise Failure("Which cases? Name one, or a department, a period or a statute.")
        return chosen(*options)


def replay_one(case: str, at: str | None, against: str | None, as_json: bool) -> None:
    """Tell a case as it stood, or what two instants differ in; now, where none is named. Raises NotFiledYet."""
    one, other = _instant("--at", at), None if against is None else _instant("--against", against)
    recorded, calendar, known_until = (
        _from_file(Path(case)) if case.lower().endswith(".zip") else run(_from_ledger(case))
    )
    past = as_it_stood(recorded, one)
    if other is not None:
        print_difference(recorded, difference(past, as_it_stood(recorded, other)), calendar, as_json)
        return
    known_now = calendar.as_known_on(None)
    moved = [*moved_since(past.clocks, known_now, past.at, recorded.policy.close_of_business)]
    print_past(recorded, past, moved, calendar, known_until, as_json)


async def replay_cases(listed: AskedCases, as_json: bool) -> None:
    """Tell where each case of a page stood at the instant, or at the end of the period, or now."""
    import asyncio

    from cli.connection import ledger_connected
    from starter.looking_back import page_as_of

    wanted = listed.filter()
    at = _instant("--at", listed.at)
    if listed.at is None and wanted.before is not None:
        at = min(at, wanted.before)
    async with ledger_connected() as ledger:
        page = await asyncio.to_thread(page_as_of, ledger.reader, wanted, at, listed.cursor, listed.limit)
    print_past_cases([(recorded, as_it_stood(recorded, at)) for recorded in page.cases], page.next, as_json)


def _instant(name: str, said: str | None) -> datetime:
    from cli.options import option
    from domain.field_types import Instant

    instant: datetime = datetime.now(UTC) if said is None else option(name, Instant, said)
    return instant.astimezone(CHINA)


Known = tuple[RecordedCase, Calendar, datetime]
"""A case, the calendar that is known with it, and the instant after which nothing of the case is known."""


def _from_file(path: Path) -> Known:
    """A dossier says nothing of what came after its last event: the case may have gone on since it was packed."""
    from cli.audit_files import whole_case_in

    recorded, calendar = whole_case_in(path)
    return recorded, calendar, recorded.events[-1].at


async def _from_ledger(request_id: str) -> Known:
    import asyncio

    from cli.connection import ledger_connected
    from cli.options import option
    from domain.field_types import ShortText
    from starter.looking_back import recorded_case

    asked = option("REQUEST_ID", ShortText, request_id)
    async with ledger_connected() as ledger:
        recorded = await asyncio.to_thread(recorded_case, ledger.reader, asked)
        return recorded, await asyncio.to_thread(ledger.reader.calendar), datetime.now(UTC)
