"""Workbooks in which texts are texts: none is worked out as a formula, or becomes a link."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any, Final

_MADE: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""What a workbook says of when it was made: the same facts give the same bytes."""


@contextmanager
def plain_workbook(file: IO[bytes], **options: bool) -> Iterator[Any]:
    """A workbook of XlsxWriter, written into the file at the end; ``options`` are that library's own."""
    from xlsxwriter import Workbook

    with Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False, **options}) as book:
        book.set_properties({"created": _MADE})
        yield book
