"""Facts about another case, looked up before a rule relies on them instead of being taken from the caller."""

from domain.engine.records import Record
from domain.words import Outcome, ProcedureName


class CaseFound(Record):
    """Another case as the ledger has it: its text, its departments, and the limits that were missed.

    ``missed`` has the numbers of the clocks that ran out, among those set by the text or by a decision. ``outcome`` is
    set once the case is closed.
    """

    request_id: str
    statute: str
    requester: str
    provider: str
    procedure: ProcedureName
    missed: tuple[int, ...] = ()
    outcome: Outcome | None = None
