"""The state of a case, common to all procedures. Only events change it: see :mod:`domain.engine.evolve`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from domain.access import Parties
from domain.clocks import ClockId
from domain.engine.filed import Filed, Party, Resource
from domain.engine.records import Clock, Event, NumberedEvent
from domain.policy import Policy
from domain.statutes.model import Limit, Statute
from domain.words import ClockState, Outcome, ProcedureName, Role, SharingClass, Stage


@dataclass(frozen=True)
class Case:
    """One case under any procedure (案件): its law, what was filed, and where it stands.

    A procedure's subclass adds the facts that its rules need, and :meth:`apply_event` says how events change them.
    ``application`` is what was filed, whatever the procedure calls it.
    """

    procedure: ClassVar[ProcedureName]
    section: ClassVar[str | None] = None
    """Name of the section of a text that alone governs such a case; None if the text as a whole does."""

    request_id: str
    statute: Statute
    policy: Policy
    application: Filed
    head: int = 0
    stage: Stage = Stage.CLOSED
    outcome: Outcome | None = None
    last_at: datetime | None = None
    clocks: Mapping[int, Clock] = field(default_factory=dict)
    opener: Role | None = None
    """The role that filed the case."""
    opened: int = 0
    """How many other cases this one has opened."""
    rectified: frozenset[int] = frozenset()
    """Numbers of the clocks for whose breach rectification has been ordered."""

    @property
    def filed(self) -> bool:
        """Whether the filing stands in the ledger."""
        return self.head > 0

    @property
    def closed(self) -> bool:
        """Whether nothing more can happen."""
        return self.outcome is not None

    @property
    def limit_class(self) -> SharingClass | None:
        """The sharing class on which limits depend; None if the procedure has none."""
        return None

    @property
    def requester(self) -> Party:
        """The department in the role of requester (使用部门)."""
        raise NotImplementedError

    @property
    def provider(self) -> Party:
        """The department in the role of provider (提供部门)."""
        raise NotImplementedError

    @property
    def resource(self) -> Resource:
        """The catalogue entry that the case is about; its fields may be empty."""
        return Resource()

    def begins(self, limit: Limit) -> bool:  # noqa: ARG002 - a procedure may know several beginnings
        """Whether a limit of the text starts with what happened in this case."""
        return True

    def answerable(self, clock: ClockId) -> Party:  # noqa: ARG002 - a procedure may have limits of the other side
        """The department responsible when a limit is missed (责任部门)."""
        return self.provider

    @property
    def superior(self) -> str | None:
        """For a case across levels that names one: the place whose organs alone coordinate and decide it."""
        return None

    @property
    def parties(self) -> Parties:
        """The parties of this case, for access checks."""
        return Parties(self.statute.id, self.requester.code, self.provider.code, self.superior)

    def standing_notes(self, stage: Stage) -> Mapping[str, Any]:  # noqa: ARG002 - a procedure may have something to say
        """Notes that every act and every notice of a case in this stage carries."""
        return {}

    def apply_event(self, event: Event | NumberedEvent) -> dict[str, Any]:
        """The fields that an event changes, besides stage, time, clocks and outcome."""
        raise NotImplementedError

    def open_clocks(self, clock_id: ClockId) -> tuple[Clock, ...]:
        """The clocks of this kind that are running or breached; one act may be under two limits at once."""
        return tuple(c for c in self.clocks.values() if c.id == clock_id and c.open)

    def open_clock(self, clock_id: ClockId) -> Clock | None:
        """The clock of this kind that is running or breached, if any."""
        return next(iter(self.open_clocks(clock_id)), None)

    def breached(self, clock_id: ClockId) -> bool:
        """Whether an open clock of this kind has run out."""
        return any(clock.state == ClockState.BREACHED for clock in self.open_clocks(clock_id))
