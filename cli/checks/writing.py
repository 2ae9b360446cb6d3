"""Whether the database takes what is written: one that is full, or only read, answers all the same."""

from typing import Final

from cli.checks.findings import Check, problem
from domain.access import Visibility
from ledger.failures import DATABASE_FAILED
from ledger.reader import Reader
from ledger.writer import Writer
from workflows.waits import LEDGER_UNAVAILABLE

MEND: Final = "look at its disk (df), and whether it is a standby; nothing is lost: what waits goes on when it takes it"


def takes_nothing(reader: Reader, writer: Writer) -> Check | None:
    """What the database refuses, by a row that is written and taken away, and by what cases wait to record.

    None where it takes everything, and where whoever asks may only read.
    """
    try:
        writer.try_out()
    except DATABASE_FAILED as error:
        why = " ".join(str(getattr(error, "orig", error)).split())
        if "permission denied" not in why:
            return problem("database", f"The database answers and takes nothing ({why[:300]}).", MEND)
    waiting = [each for each in reader.causes(Visibility(everything=True)) if each.cause == LEDGER_UNAVAILABLE]
    if not waiting:
        return None
    said = f" ({waiting[0].error.partition(chr(10))[0][:300]})" if waiting[0].error else ""
    return problem("database", f"{waiting[0].number} cases wait for the database to take what they record{said}.", MEND)
