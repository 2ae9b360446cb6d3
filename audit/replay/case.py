"""A case as its record has it: its rules as they were, what was filed, and its events; of a ledger or of a dossier."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from domain.engine.case import Case
from domain.engine.evolve import evolve_all
from domain.engine.procedure import Procedure
from domain.engine.records import RecordedEvent
from domain.log.acts import OperatorAct
from domain.naming import procedure_of_id
from domain.policy import Policy
from domain.statutes.model import Statute
from procedures.registry import PROCEDURES


@dataclass(frozen=True)
class RecordedCase:
    """All that a case can be replayed from. ``application`` is what was filed, as plain data.

    ``acts`` are those of who ran the engine that let go of something of it, or all about it.
    """

    request_id: str
    statute: Statute
    policy: Policy
    application: Mapping[str, Any]
    events: Sequence[RecordedEvent]
    acts: Sequence[OperatorAct] = ()

    @cached_property
    def procedure(self) -> Procedure[Any]:
        """The procedure that it follows."""
        return PROCEDURES[procedure_of_id(self.request_id)]

    @cached_property
    def unfiled(self) -> Case:
        """The case before its first event."""
        matter = self.procedure.matter.model_validate(dict(self.application))
        case: Case = self.procedure.new_case(self.request_id, self.statute, self.policy, matter)
        return case

    def after(self, events: Iterable[RecordedEvent]) -> Case:
        """The case after its first events, which these must be."""
        return evolve_all(self.unfiled, events)
