"""The state of one resource withdrawal (资源撤销)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field

from domain.engine.filed import Document, Filed, Party, Resource
from domain.engine.records import Event, NumberedEvent
from domain.engine.ruled_case import RuledCase
from domain.field_types import Code, Day, Text, Truth
from domain.statutes.model import Clause
from domain.statutes.sections import WithdrawalRules
from domain.words import EventType, ProcedureName
from procedures.common.instances import Disputable
from procedures.common.parties import OfProviderAlone


class Withdrawal(Filed):
    """What is to be withdrawn and why (因故撤销); ``planned_on``: not before the end of that day.

    ``subscribers`` are the users known to the provider; holders of open grants are told even if they are not named.
    ``cross_level``: the departments are of different levels or regions; ``superior``: the place of the common superior.
    """

    provider: Party = Party()
    resource: Resource = Resource()
    reason: Text | None = None
    planned_on: Day | None = None
    subscribers: Annotated[tuple[Party, ...], Field(max_length=200)] = ()
    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()
    involves_provincial_department: Truth = False
    cross_level: Truth = False
    superior: Code | None = None


class User(Filed):
    """A department that uses the resource (数据订阅使用部门), with its grant, if the ledger has one."""

    code: str
    name: str
    grant: str | None = None


@dataclass(frozen=True)
class WithdrawalCase(OfProviderAlone, Disputable, RuledCase[WithdrawalRules]):
    """One withdrawal, from filing to its end."""

    procedure: ClassVar[ProcedureName] = ProcedureName.RESOURCE_WITHDRAWAL

    application: Withdrawal
    holders: tuple[User, ...] = ()
    """The holders of open grants at the filing: looked up before it is decided."""
    told: tuple[User, ...] = ()
    told_at: datetime | None = None
    negotiated: Mapping[str, str] = field(default_factory=dict)
    """How the last negotiation with each department ended, by code."""
    cleared: bool = False
    """Whether the requirements of the text are met: the bureau consented, or has it on file."""
    decided: frozenset[str] = frozenset()
    """Codes of departments whose dispute was decided: the resource may be withdrawn although they did not agree."""
    ended: tuple[str, ...] = ()

    @property
    def not_negotiated(self) -> Sequence[str]:
        """Codes of the departments that were told but not yet negotiated with."""
        return [user.code for user in self.told if user.code not in self.negotiated]

    @property
    def against(self) -> Sequence[str]:
        """Codes of the departments that did not agree in the last negotiation."""
        return [code for code, result in self.negotiated.items() if result == "not_agreed"]

    @property
    def differing(self) -> frozenset[str]:
        """Codes of the departments that did not agree and whose dispute is undecided."""
        return frozenset(self.against) - self.decided

    @property
    def dispute_clause(self) -> Clause | None:
        """The clause on disputes over the withdrawal, if the text has one."""
        return self.rules.dispute

    def apply_event(self, event: Event | NumberedEvent) -> dict[str, Any]:
        """Updates who was told, negotiations, disputes, and ended grants."""
        data = event.data
        match event.type:
            case EventType.SUBSCRIBERS_TOLD:
                return {"told": tuple(User.model_validate(user) for user in data["subscribers"]), "told_at": event.at}
            case EventType.NEGOTIATION_RECORDED:
                return {"negotiated": {**self.negotiated, **dict.fromkeys(data["with_whom"], data["result"])}}
            case EventType.WITHDRAWAL_CONSENTED | EventType.FILED_FOR_RECORD:
                return {"cleared": True}
            case EventType.GRANT_ENDED:
                return {"ended": (*self.ended, data["grant"])}
            case EventType.DECIDED if data["decision"] == "deny":
                return {"decided": self.decided | self.differing, "not_agreed": False}
            case EventType.COORDINATION_CONCLUDED | EventType.DECIDED:
                return self.dispute_after(event)
        return {}
