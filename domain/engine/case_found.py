"""What is looked up of another case before a rule relies on it: a fact is found, never believed."""

from domain.engine.records import Record
from domain.words import Outcome, ProcedureName


class CaseFound(Record):
    """Another case as the ledger has it: its text, its departments, and the limits that were missed.

    ``missed`` are the numbers of the clocks that ran out, of those that the text or a decision set. ``outcome`` is
    there once it is closed.
    """

    request_id: str
    statute: str
    requester: str
    provider: str
    procedure: ProcedureName
    missed: tuple[int, ...] = ()
    outcome: Outcome | None = None
