"""What the HTTP door says of a sheet of requests."""

from api.cases.sheets.filing import RowOutcome
from api.http.schemas import Out
from domain.words import Stage


class SheetRowOut(Out):
    """What came of a row, or would: its case, or why not and which cell is meant. `row` is its number in the sheet."""

    row: int
    reference: str | None
    outcome: RowOutcome
    outcome_label: str
    request_id: str | None
    statute: str | None
    stage: Stage | None
    stage_label: str | None
    why: str | None
    cell: str | None


class SheetOut(Out):
    """What came of each row of a sheet, in its order. `numbers`: of how many rows what came."""

    items: list[SheetRowOut]
    numbers: dict[RowOutcome, int]
