"""Whether the database takes what is written: one that is full, or only read, answers all the same."""

from typing import Final

from cli.checks.findings import Check, problem
from domain.access import Visibility
from ledger.failures import DATABASE_FAILED
from ledger.reader import Reader
from ledger.writer import Writer
from workflows.waits import LEDGER_UNAVAILABLE

TAKES_NOTHING: Final = "takes_nothing"
"""The finding that a database refuses to write: what workers write of themselves grows old there, though they run."""


def takes_nothing(reader: Reader, writer: Writer) -> Check | None:
    """What the database refuses, by a row that is written and taken away, and by what cases wait to record.

    None where it takes everything, and where whoever asks may only read.
    """
    try:
        writer.try_out()
    except DATABASE_FAILED as error:
        why = " ".join(str(getattr(error, "orig", error)).split())
        if "permission denied" not in why:
            return problem("database", TAKES_NOTHING, why=why[:300])
    waiting = [each for each in reader.causes(Visibility(everything=True)) if each.cause == LEDGER_UNAVAILABLE]
    if not waiting:
        return None
    first = (waiting[0].error or "").partition("\n")[0][:300]
    return problem("database", "cases_wait_for_it" if first else "cases_wait", number=waiting[0].number, why=first)
