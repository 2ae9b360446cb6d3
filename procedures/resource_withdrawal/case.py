"""One resource withdrawal (资源撤销): what was filed, who was told, with whom it was negotiated, what was decided."""

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

    ``subscribers`` are those known to the provider; the holders of open grants are told whether named or not.
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
    """A department that uses the resource (数据订阅使用部门), with its grant where the ledger has one."""

    code: str
    name: str
    grant: str | None = None


@dataclass(frozen=True)
class WithdrawalCase(OfProviderAlone, Disputable, RuledCase[WithdrawalRules]):
    """One withdrawal, from filing to its end."""

    procedure: ClassVar[ProcedureName] = ProcedureName.RESOURCE_WITHDRAWAL

    application: Withdrawal
    holders: tuple[User, ...] = ()
    """Who held open grants when it was filed: looked up before the filing is decided."""
    told: tuple[User, ...] = ()
    told_at: datetime | None = None
    negotiated: Mapping[str, str] = field(default_factory=dict)
    """With whom it was negotiated, by code, and how that ended last."""
    cleared: bool = False
    """Whether all that the text asks for has been done: the bureau consented, or has it on file."""
    decided: frozenset[str] = frozenset()
    """Those who did not agree and whose dispute was decided: the resource may be withdrawn all the same. By code."""
    ended: tuple[str, ...] = ()

    @property
    def not_negotiated(self) -> Sequence[str]:
        """The codes of those told with whom nobody has negotiated yet."""
        return [user.code for user in self.told if user.code not in self.negotiated]

    @property
    def against(self) -> Sequence[str]:
        """The codes of those who did not agree, as the last negotiation with each ended."""
        return [code for code, result in self.negotiated.items() if result == "not_agreed"]

    @property
    def differing(self) -> frozenset[str]:
        """The codes of those who did not agree and whose dispute nobody has decided."""
        return frozenset(self.against) - self.decided

    @property
    def dispute_clause(self) -> Clause | None:
        """The clause on a dispute over the withdrawal, where the text has one."""
        return self.rules.dispute

    def apply_event(self, event: Event | NumberedEvent) -> dict[str, Any]:
        """Who was told when, with whom it was negotiated, how disputes went, and which grants have ended."""
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
