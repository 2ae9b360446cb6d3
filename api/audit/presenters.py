"""Past states and findings as they are answered."""

from collections.abc import Sequence

from api.audit.schemas import (
    CaseReplayOut,
    ClockChangeOut,
    DifferenceOut,
    FindingOut,
    KnownNowOut,
    PastOut,
)
from api.cases.presenters import clocks_out
from api.cases.schemas import EventOut, HolderOut
from audit.findings.finding import Finding
from audit.findings.texts import found_said, should_said
from audit.replay.case import RecordedCase
from audit.replay.difference import Difference
from audit.replay.hindsight import MovedLimit
from audit.replay.state import HolderThen, PastState
from domain.engine.records import Clock, RecordedEvent
from domain.evidence import plain
from domain.messages import Language, label


def past_out(recorded: RecordedCase, state: PastState, language: Language) -> PastOut:
    """Where a case stood."""
    return PastOut(
        request_id=recorded.request_id,
        statute=recorded.statute.id,
        at=state.at,
        filed_at=recorded.events[0].at,
        stage=state.stage,
        stage_label=label("stage", state.stage, language),
        outcome=state.outcome,
        outcome_label=label("outcome", state.outcome, language) if state.outcome else None,
        waits_for=[_holder_out(holder, language) for holder in state.holders],
    )


def replay_out(
    recorded: RecordedCase,
    state: PastState,
    moved: Sequence[MovedLimit],
    difference: Difference | None,
    language: Language,
) -> CaseReplayOut:
    """A case as it stood, and what another instant differs in."""
    return CaseReplayOut.model_construct(
        **vars(past_out(recorded, state, language)),
        allowed={role: list(names) for role, names in state.allowed.items()},
        clocks=clocks_out(state.clocks, language, recorded.statute.id),
        known_now=[_known_now(limit, language) for limit in moved],
        events=_events(state.events),
        difference=None if difference is None else _difference_out(recorded, difference, language),
    )


def _difference_out(recorded: RecordedCase, found: Difference, language: Language) -> DifferenceOut:
    of = recorded.statute.id

    def changed(clock: Clock, before: str) -> ClockChangeOut:
        [after] = clocks_out([clock], language, of)
        return ClockChangeOut.model_construct(before=before, after=after)

    return DifferenceOut.model_construct(
        before=past_out(recorded, found.before, language),
        after=past_out(recorded, found.after, language),
        gained={role: list(names) for role, names in found.gained.items()},
        lost={role: list(names) for role, names in found.lost.items()},
        started=clocks_out(found.started, language, of),
        changed=[changed(it.clock, it.changes.get("state", (it.clock.state,))[0]) for it in found.changed],
        events=_events(found.events),
    )


def finding_out(finding: Finding, language: Language) -> FindingOut:
    """What was found."""
    return FindingOut(
        kind=finding.kind,
        label=label("audit_kind", finding.kind, language),
        request_id=finding.request_id,
        seq=finding.seq,
        at=finding.at,
        statute=finding.statute,
        article=finding.article,
        clock=finding.clock,
        who=_holder_out(finding.who, language),
        working_days_late=finding.working_days_late,
        found=found_said(finding, language),
        should_have_been=should_said(finding, language),
    )


def _events(events: Sequence[RecordedEvent]) -> list[EventOut]:
    return [EventOut.model_construct(**plain(event)) for event in events]


def _holder_out(holder: HolderThen, language: Language) -> HolderOut:
    name = (holder.name.zh if language == "zh" else holder.name.en) if holder.name else None
    return HolderOut(role=holder.role, role_label=label("role", holder.role, language), org=holder.org, name=name)


def _known_now(limit: MovedLimit, language: Language) -> KnownNowOut:
    return KnownNowOut(
        number=limit.clock.number,
        id=limit.clock.id,
        label=label("clock", limit.clock.id, language),
        due_date_then=limit.clock.due_date,
        due_date_now=limit.due_date,
        due_at_now=limit.due_at,
        provisional_then=limit.clock.provisional,
        provisional_now=limit.provisional,
        days=limit.days,
        late_then=limit.late_then,
        late_now=limit.late_now,
    )
