"""What every case is, whatever procedure it follows. It changes only by events: see :mod:`domain.engine.evolve`."""

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

    A procedure's own case adds the facts that its rules ask for, and says in :meth:`apply_event` how events
    change them. ``application`` is what was filed, whatever the procedure calls it.
    """

    procedure: ClassVar[ProcedureName]
    section: ClassVar[str | None] = None
    """The section of a text that alone rules such a case, by its name; None where the text as a whole does."""

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
    """Who opened it: the role of the filing."""
    opened: int = 0
    """How many other cases this one has opened."""
    rectified: frozenset[int] = frozenset()
    """The clocks for whose breach rectification has been ordered, by number."""

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
        """The sharing class by which limits differ; None where the procedure knows none."""
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
        """What the case is about, as the catalogue has it; its fields may be empty."""
        return Resource()

    def begins(self, limit: Limit) -> bool:  # noqa: ARG002 - a procedure may know several beginnings
        """Whether a limit of the text is started by what happened here."""
        return True

    def answerable(self, clock: ClockId) -> Party:  # noqa: ARG002 - a procedure may have limits of the other side
        """The department that is at fault when a limit is missed (责任部门)."""
        return self.provider

    @property
    def superior(self) -> str | None:
        """The place whose organs alone coordinate and decide this case, where it crosses levels and names one."""
        return None

    @property
    def parties(self) -> Parties:
        """What decides who has to do with this case."""
        return Parties(self.statute.id, self.requester.code, self.provider.code, self.superior)

    def standing_notes(self, stage: Stage) -> Mapping[str, Any]:  # noqa: ARG002 - a procedure may have something to say
        """What every act and every notice of a case in this stage says besides its own."""
        return {}

    def apply_event(self, event: Event | NumberedEvent) -> dict[str, Any]:
        """The fields that an event changes beyond stage, time, clocks and outcome."""
        raise NotImplementedError

    def open_clocks(self, clock_id: ClockId) -> tuple[Clock, ...]:
        """The clocks of this kind that are running or breached: one act may be under two limits at once."""
        return tuple(c for c in self.clocks.values() if c.id == clock_id and c.open)

    def open_clock(self, clock_id: ClockId) -> Clock | None:
        """The clock of this kind that is running or breached, if any."""
        return next(iter(self.open_clocks(clock_id)), None)

    def breached(self, clock_id: ClockId) -> bool:
        """Whether an open clock of this kind has run out."""
        return any(clock.state == ClockState.BREACHED for clock in self.open_clocks(clock_id))
