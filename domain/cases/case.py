"""The state of one case. It changes only by events: see :mod:`domain.cases.evolve`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.access import Parties
from domain.cases.application import Application
from domain.cases.records import Clock
from domain.policy import Policy
from domain.statutes.model import Body, Clause, LastInstance, Route, Statute
from domain.words import Authorization, ClockId, ClockState, Outcome, Role, SharingClass, Stage


@dataclass(frozen=True)
class Case:
    """One data-share request (共享申请), from filing to its end."""

    request_id: str
    statute: Statute
    policy: Policy
    application: Application
    head: int = 0
    stage: Stage = Stage.CLOSED
    outcome: Outcome | None = None
    last_at: datetime | None = None
    clocks: Mapping[int, Clock] = field(default_factory=dict)
    supplement_used: bool = False
    supplement_of: Stage | None = None
    extension_asked: int | None = None
    extension_days: int = 0
    proposal: Mapping[str, Any] | None = None
    proposer: Role | None = None
    agreed: frozenset[Role] = frozenset()
    impasse: bool = False
    not_agreed: bool = False

    @property
    def filed(self) -> bool:
        """Whether the filing stands in the ledger."""
        return self.head > 0

    @property
    def closed(self) -> bool:
        """Whether nothing more can happen."""
        return self.outcome is not None

    @property
    def route(self) -> Route:
        """The way this application takes under its statute."""
        return self.statute.route(self.sharing_class, self.authorization)

    @property
    def sharing_class(self) -> SharingClass:
        """The class of the resource. Raises LookupError before the filing was found complete."""
        sharing_class = self.application.resource.sharing_class
        if sharing_class is None:
            raise LookupError("the application names no sharing class")
        return sharing_class

    @property
    def authorization(self) -> Authorization | None:
        """Who authorises: what the resource says, else what the statute takes for its class."""
        resource = self.application.resource
        if resource.authorization or resource.sharing_class is None:
            return resource.authorization
        return self.statute.default_authorization(resource.sharing_class)

    @property
    def last_instance(self) -> LastInstance | None:
        """Who speaks last in this case: the statute's last instance, or the one for provincial departments."""
        coordination = self.statute.coordination
        if coordination and coordination.provincial and self.application.involves_provincial_department:
            return coordination.provincial
        return self.statute.last

    @property
    def coordinator_above(self) -> Body | None:
        """Who coordinates instead of the bureau because the dispute crosses levels or regions, if it does."""
        rule = self.statute.coordination
        if rule is None or rule.cross_level is None:
            return None
        application = self.application
        provincial = rule.province_is_another_level and application.involves_provincial_department
        return rule.cross_level if application.cross_level or provincial else None

    @property
    def coordination_clause(self) -> Clause | None:
        """The clause on whoever coordinates in this case."""
        rule = self.statute.coordination
        above = self.coordinator_above
        return above.clause if above else rule.clause if rule else None

    def open_clock(self, clock_id: ClockId) -> Clock | None:
        """The clock of this kind that is running or breached, if any."""
        return next((c for c in self.clocks.values() if c.id == clock_id and c.open), None)

    def breached(self, clock_id: ClockId) -> bool:
        """Whether the open clock of this kind has run out."""
        clock = self.open_clock(clock_id)
        return clock is not None and clock.state == ClockState.BREACHED

    @property
    def parties(self) -> Parties:
        """What decides who has to do with this case."""
        return Parties(self.statute.id, self.application.requester.code, self.application.provider.code)
