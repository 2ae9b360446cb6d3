"""A case as it stood at an instant of the past (回放): where, with whom, under which limits, and what could be done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.replay.case import RecordedCase
from domain.engine.case import Case
from domain.engine.decide import allowed
from domain.engine.records import Clock, RecordedEvent
from domain.statutes.parts import Name
from domain.words import CommandName, Outcome, Role, Stage
from procedures.assignees import SETTLING, whose_move


class NotFiledYet(Exception):
    """The case did not exist at that instant: one sentence says so."""


@dataclass(frozen=True)
class HolderThen:
    """Whose move it was: a department with its code, or the body that the text names for a role."""

    role: Role
    org: str | None
    name: Name | None


@dataclass(frozen=True)
class PastState:
    """A case after the events of up to an instant, by the rules under which it was filed.

    ``events`` are those events; ``holders`` whose move it was; ``allowed`` the commands that each role might give.
    """

    at: datetime
    stage: Stage
    outcome: Outcome | None
    holders: Sequence[HolderThen]
    allowed: Mapping[Role, Sequence[CommandName]]
    clocks: Sequence[Clock]
    events: Sequence[RecordedEvent]

    @property
    def waits_for(self) -> Sequence[Role]:
        """The roles whose move it was."""
        return [holder.role for holder in self.holders]


def as_it_stood(recorded: RecordedCase, at: datetime) -> PastState:
    """The case at an instant. What time alone had brought by then stands there as far as it was recorded.

    Raises NotFiledYet for an instant before the filing.
    """
    until = [event for event in recorded.events if event.at <= at]
    if not until:
        raise NotFiledYet(f"{recorded.request_id} was not filed yet at {at.isoformat()}.")
    case = recorded.after(until)
    may = {role: allowed(recorded.procedure, case, role) for role in Role}
    return PastState(
        at=at,
        stage=case.stage,
        outcome=case.outcome,
        holders=tuple(holders(case)),
        allowed={role: names for role, names in may.items() if names},
        clocks=list(case.clocks.values()),
        events=until,
    )


def holders(case: Case) -> Iterator[HolderThen]:
    """Whose move it is in a case; nobody's when it is closed, or goes on by itself."""
    for role in whose_move(case):
        yield holder(case, role)


def holder(case: Case, role: Role) -> HolderThen:
    """Who stands in a role in a case as it is now, as far as the record and the text say."""
    if role in (Role.REQUESTER, Role.PROVIDER):
        party = case.requester if role is Role.REQUESTER else case.provider
        # As it was filed: a department's name may be longer than a text's names of bodies, and is in one language.
        return HolderThen(role, party.code, Name.model_construct(zh=party.name, en=party.name) if party.name else None)
    coordination = case.statute.coordination
    above = coordination.cross_level if case.superior and coordination else None
    settling = role is Role.BUREAU and case.stage in SETTLING
    body = above if above and settling else case.statute.bodies.get(role)
    return HolderThen(role, None, body.name if body else None)
