"""A case for its papers: as filed, and as it was at each event, independent of today."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from domain.clocks import ClockId
from domain.engine.evolve import evolve
from domain.engine.records import Clock, RecordedEvent
from domain.messages import Language, label
from domain.statutes.model import Name
from domain.words import CommandName, EventType, Role, Stage
from ledger.queries.views import CaseDetail
from procedures.assignees import assignees
from procedures.registry import allowed, procedure_of
from procedures.share_request.application import Application
from procedures.share_request.case import ShareRequestCase


@dataclass(frozen=True)
class Dossier:
    """A case of the ledger with all of its events."""

    detail: CaseDetail
    events: Sequence[RecordedEvent]

    @cached_property
    def filed(self) -> ShareRequestCase:
        """The case before its first event, under the statute and policy as they were then."""
        return ShareRequestCase(
            self.detail.request_id,
            self.detail.statute_then,
            self.detail.policy_then,
            Application.model_validate(self.detail.application),
        )

    def before(self, position: int) -> ShareRequestCase:
        """The case before the event at ``position`` (from 0)."""
        return self._standings[position]

    def after(self, position: int) -> ShareRequestCase:
        """The case after the whole step of the event at ``position``.

        For an urging, which changes nothing, the case as it was then.
        """
        act = self.events[position]
        end = position + 1
        while act.type is not EventType.URGED and end < len(self.events):
            then = self.events[end]
            if (then.at, then.key) != (act.at, act.key):
                break
            end += 1
        return self._standings[end]

    @cached_property
    def _standings(self) -> Sequence[ShareRequestCase]:
        """The case before its first event, and after each."""
        return list(accumulate(self.events, evolve, initial=self.filed))


def organ(case: ShareRequestCase, role: Role, language: Language) -> str:
    """The name of a role: that of the department, or of the body named by the statute."""
    if role is Role.REQUESTER:
        return case.application.requester.name or ""
    if role is Role.PROVIDER:
        return case.application.provider.name or ""
    body = case.statute.bodies.get(role)
    if role is Role.BUREAU and case.stage is Stage.COORDINATION:
        body = case.coordinator_above or body
    return _named(body.name, language) if body else label("role", role, language)


def referred_to(case: ShareRequestCase, language: Language) -> str:
    """The coordinator after a failed negotiation; empty if there is none."""
    coordination = case.statute.coordination
    if coordination is None:
        return ""
    last = case.last_instance
    if coordination.provincial and last:
        return organ(case, last.by, language)
    if case.coordinator_above:
        return _named(case.coordinator_above.name, language)
    return organ(case, coordination.by, language)


def who_must_act(case: ShareRequestCase, clock: Clock | None = None) -> tuple[Role, ...]:
    """The roles that must act for the case to go on, or for one of its limits."""
    stage = case.stage
    if clock is not None:
        if clock.id is ClockId.DISPUTE_WINDOW and stage is Stage.NEGOTIATION:
            return tuple(role for role in Role if CommandName.REFER in allowed(case, role))
        stage = _stage_measured(case, clock)
    return tuple(assignees(case.procedure, stage, case.statute, case.application.involves_provincial_department))


def _stage_measured(case: ShareRequestCase, clock: Clock) -> Stage:
    """The stage measured by a clock: the one with its name, otherwise the current one."""
    stages = procedure_of(case).process.stages
    named = (it.stage for it in stages if it.stage.value == clock.id.value and clock.id in it.limits)
    return next(named, case.stage)


def _named(name: Name, language: Language) -> str:
    return name.zh if language == "zh" else name.en
