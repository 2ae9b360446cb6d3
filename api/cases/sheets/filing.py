"""What comes of the rows of a sheet: what would be filed, then filing, each row by itself and none twice.

A row has a key of its own: the filer's own number of it, or else all that it says. The same row in the same sheet, in
another, or sent once more, is the same filing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from pydantic import ValidationError

from api.cases.filing import place_of_filing
from api.cases.filing_schemas import FilingIn
from api.cases.idempotency import engine_key
from api.cases.share_requests import PROCEDURE, open_request, refuse_unless_theirs
from api.cases.sheets.columns import BY_NAME, STATUTE
from api.cases.sheets.reading import SheetRow
from api.cases.sheets.texts import offered_texts
from api.context import AppContext
from api.http.problems import Problem, title_of
from domain.access import Caller
from domain.messages import Language, label
from domain.naming import fingerprint
from domain.validation_messages import all_problems
from domain.words import Stage
from procedures.share_request.filing import as_requester
from protocol.opening import Played, digest_of_filing
from starter.case_opening import enter_case
from starter.errors import EngineError, KeyReused, RequestRefused, Unavailable
from starter.failures import ledger_answers
from starter.in_force import text_in_force

AT_ONCE: Final = 8
"""So many rows are filed at the same time."""


class RowOutcome(StrEnum):
    """What came of a row, or would."""

    WOULD_BE_FILED = "would_be_filed"
    FILED = "filed"
    FILED_BEFORE = "filed_before"
    NOT_FILED = "not_filed"


@dataclass(frozen=True)
class RowResult:
    """A row and what came of it; ``why`` not, in one sentence, and the ``cell`` that is meant where it is one."""

    row: SheetRow
    outcome: RowOutcome
    request_id: str | None = None
    statute: str | None = None
    stage: Stage | None = None
    why: str | None = None
    cell: str | None = None


@dataclass(frozen=True)
class SheetFiling:
    """Somebody's sheet: where it is filed, by whom, and in which language its results are told.

    ``refuse`` raises Problem for a filing that its filer's door does not take.
    """

    context: AppContext
    caller: Caller
    language: Language
    refuse: Callable[[FilingIn], None] = lambda _: None

    async def look_at(self, rows: Sequence[SheetRow]) -> list[RowResult]:
        """What would come of each row; nothing is recorded. Raises Unavailable without a ledger."""
        return await self._each(rows, self._would)

    async def file(self, rows: Sequence[SheetRow]) -> list[RowResult]:
        """File each row that can be; what was filed before stays what it is."""
        return await self._each(rows, self._filed)

    async def _each(self, rows: Sequence[SheetRow], do: "DoWithRow") -> list[RowResult]:
        first: dict[str, int] = {}
        room = asyncio.Semaphore(AT_ONCE)

        async def one(row: SheetRow, key: str) -> RowResult:
            if row.wrong:
                wrong = row.wrong[0]
                return self._not(row, label("sheet", wrong.word, self.language), wrong.address)
            if first.setdefault(key, row.number) != row.number:
                return self._not(row, label("sheet", "same_row", self.language).format(number=first[key]))
            async with room:
                return await self._told(row, key, do)

        return list(await asyncio.gather(*(one(row, key_of(row)) for row in rows)))

    async def _told(self, row: SheetRow, key: str, do: "DoWithRow") -> RowResult:
        """What comes of a row, or the sentence and the cell of its refusal."""
        try:
            body = FilingIn.model_validate(row.filing)
            place = place_of_filing(body, self.caller, self.language)
            refuse_unless_theirs(self.caller, body, place)
            self.refuse(body)
            return await do(row, body, place, engine_key(self.caller, key))
        except ValidationError as error:
            path, reason = all_problems(error, self.language)[0]
            return self._not(row, reason, _cell(row, path))
        except Problem as problem:
            name = problem.errors[0]["path"] if problem.errors else "requester.code"
            why = problem.errors[0]["reason"] if problem.errors else title_of(problem, self.language)
            return self._not(row, why, row.cells.get(name))
        except RequestRefused as refusal:
            return self._refused(row, refusal)
        except KeyReused:
            return self._not(row, label("sheet", "reference_used", self.language), row.cells.get("reference"))
        except Unavailable:
            return self._not(row, label("problem", "unavailable", self.language))
        except EngineError as error:
            return self._not(row, str(error))

    async def _would(self, row: SheetRow, body: FilingIn, place: str | None, key: str) -> RowResult:
        return await asyncio.to_thread(self._looked_up, row, body, place, key)

    def _looked_up(self, row: SheetRow, body: FilingIn, place: str | None, key: str) -> RowResult:
        """What the rules say of a filing now, or the case that it made before; blocking."""
        client = self.context.client
        at, played = self.context.receipt() or datetime.now(UTC), Played(self.context.shift())
        statute = body.statute or text_in_force(client.reader, place or "", key, at)
        with ledger_answers():
            earlier = client.reader.case_filed_under(key)
        if earlier is not None:
            if earlier.filing_digest != digest_of_filing(PROCEDURE, statute, body.request):
                raise KeyReused
            return RowResult(row, RowOutcome.FILED_BEFORE, earlier.request_id, earlier.statute, earlier.stage)
        actor = as_requester(body.request, self.caller.subject)
        entered = enter_case(PROCEDURE, statute, body.request, actor, client.policy, key, at, played=played)
        return RowResult(row, RowOutcome.WOULD_BE_FILED, None, statute, entered.events[-1].stage)

    async def _filed(self, row: SheetRow, body: FilingIn, place: str | None, key: str) -> RowResult:
        known = await self._would(row, body, place, key)
        if known.outcome is RowOutcome.FILED_BEFORE:  # which is quicker known from the ledger than from the engine
            return known
        filed = await open_request(self.context, self.caller, body, place, key)
        outcome = RowOutcome.FILED_BEFORE if filed.repeated else RowOutcome.FILED
        return RowResult(row, outcome, filed.case.request_id, filed.case.statute, filed.case.stage)

    def _refused(self, row: SheetRow, refusal: RequestRefused) -> RowResult:
        """Why the rules do not take a row, by the names of its columns, and the first cell that is meant."""
        meant = str(refusal.details.get("fields", "")).split(", ")
        columns = [STATUTE] if refusal.code == "unknown_statute" else [each for each in meant if each in BY_NAME]
        details = dict(refusal.details)
        if refusal.code == "unknown_statute":
            details["known"] = self._enumerated(offered_texts(self.language))
        elif columns:
            details["fields"] = self._enumerated(BY_NAME[each].label(self.language) for each in columns)
        told = RequestRefused(refusal.code, refusal.article, refusal.statute, details, refusal.regulation)
        return self._not(row, told.sentence(self.language), row.cells.get(columns[0]) if columns else None)

    def _enumerated(self, names: Iterable[str]) -> str:
        return label("console", "enumerated", self.language).join(names)

    def _not(self, row: SheetRow, why: str, cell: str | None = None) -> RowResult:
        return RowResult(row, RowOutcome.NOT_FILED, why=why, cell=cell)


DoWithRow = Callable[[SheetRow, FilingIn, str | None, str], Awaitable[RowResult]]
"""What is done with a row that can be read: its filing, the place whose text applies, and the engine's key."""


def key_of(row: SheetRow) -> str:
    """The caller's key of a row."""
    said: Mapping[str, object] = {"reference": row.reference} if row.reference else row.filing
    return f"sheet-{fingerprint(said)}"


def _cell(row: SheetRow, path: Sequence[str | int]) -> str | None:
    """The cell that a path of a filing means: that of the field, or the first of the object that it is part of."""
    names = [str(part) for part in path if not isinstance(part, int) and part != "request"]
    if names == [STATUTE]:
        return row.cells.get(STATUTE)
    while names:
        name = ".".join(names)
        found = [cell for column, cell in row.cells.items() if column == name or column.startswith(f"{name}.")]
        if found:
            return found[0]
        names.pop()
    return None
