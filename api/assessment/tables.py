"""An assessment as a table to be saved: CSV and XLSX, in which nothing is taken for a formula."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import chain

from api.assessment.schemas import AssessedOut, AssessmentOut
from audit.csv_text import csv_lines
from audit.workbooks import plain_workbook
from domain.messages import Language, label
from ledger.queries.assessed_parts import MEASURES

Cell = str | int | float | None
_OF_DAYS = {"ended": "ended", "average": "average", "median": "median", "late": "days_late"}


def heads(language: Language) -> list[str]:
    """The headings, in the order of :func:`lines`."""
    said = [label("assessment", word, language) for word in ("department", "code", "procedure", *MEASURES)]
    for basis in ("law", "policy"):
        of = label("assessment", basis, language)
        said += [f"{of}: {label('assessment', word, language)}" for word in _OF_DAYS.values()]
    return [*said, label("assessment", "ends", language)]


def lines(told: AssessmentOut, language: Language) -> Iterator[Sequence[Cell]]:
    """A row for each department and procedure."""
    for row in told.departments:
        ends = "; ".join(f"{end_label(name, language)} {number}" for name, number in sorted(row.ends.items()))
        days: list[Cell] = [getattr(each, word) for each in (row.law, row.policy) for word in _OF_DAYS]
        yield [row.name, row.department, row.label, *(row.numbers[name] for name in MEASURES), *days, ends]


def total(told: AssessmentOut, language: Language) -> Sequence[Cell]:
    """The row under those of :func:`lines`: all departments together; of averages and medians there is no sum."""
    rows = wholes(told.departments)
    numbers = (sum(row.numbers[name] for row in rows) for name in MEASURES)
    days: list[Cell] = []
    for each in ([row.law for row in rows], [row.policy for row in rows]):
        days += [sum(it.ended for it in each), None, None, sum(it.late for it in each)]
    return [label("console", "sum_of_departments", language), None, None, *numbers, *days, None]


def wholes(rows: Sequence[AssessedOut]) -> list[AssessedOut]:
    """One row a department: all its procedures together."""
    return [row for row in rows if row.procedure is None]


def end_label(name: str, language: Language) -> str:
    """How a dispute ended, in words."""
    return label("assessment", "open", language) if name == "open" else label("outcome", name, language)


def assessment_csv(told: AssessmentOut, language: Language, with_total: bool = False) -> Iterator[str]:
    """The lines of a CSV file that spreadsheets open with Chinese; ``with_total`` for people, as programs add up."""
    below = [total(told, language)] if with_total else []
    rows = ([None if cell is None else str(cell) for cell in row] for row in chain(lines(told, language), below))
    return csv_lines(heads(language), rows)


def assessment_xlsx(told: AssessmentOut, language: Language) -> bytes:
    """A workbook of one sheet, with the sum of all departments below."""
    file = BytesIO()
    with plain_workbook(file, in_memory=True) as book:
        sheet = book.add_worksheet(label("file_name", "assessment", language))
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        below = book.add_format({"bold": True, "top": 1})
        sheet.freeze_panes(1, 3)
        sheet.set_column(0, 2, 24)
        for place, head in enumerate(heads(language)):
            sheet.write_string(0, place, head, bold)
        rows = [(row, None) for row in lines(told, language)]
        for line, (row, form) in enumerate([*rows, (total(told, language), below)], start=1):
            for place, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(line, place, cell, form)
                elif cell is not None:
                    sheet.write_number(line, place, cell, form)
    return file.getvalue()
