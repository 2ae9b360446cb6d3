"""The forms of an event log, by the names that its doors take."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from audit.mining.ocel import ocel_text
from audit.mining.rows import rows_text
from audit.mining.xes import xes_text
from audit.replay.case import RecordedCase


class LogFormat(StrEnum):
    """In which form a log is written."""

    OCEL = "ocel"
    XES = "xes"
    CSV = "csv"


_WRITERS: Final[Mapping[LogFormat, Callable[[Iterable[RecordedCase]], Iterator[str]]]] = {
    LogFormat.OCEL: ocel_text,
    LogFormat.XES: xes_text,
    LogFormat.CSV: rows_text,
}


def log_text(form: LogFormat, cases: Iterable[RecordedCase]) -> Iterator[str]:
    """The log of these cases, piece by piece, as they come."""
    return _WRITERS[form](cases)
