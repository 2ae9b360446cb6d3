"""考核 of every case that was played: each number's cases are those of which the record itself says so."""

from collections.abc import Iterator
from datetime import UTC, datetime

from api.assessment.figures import answering
from audit.findings.finding import Examined
from domain.access import Visibility
from domain.clocks import is_duty
from domain.engine.records import Clock
from domain.words import Basis, ClockState, EventType, Role
from embedded.simulate.player import PlayedCase
from embedded.simulate.sandbox import Sandbox
from ledger.queries.assessed_parts import MEASURES, PARTIES, Measure
from ledger.queries.assessing import AssessedPeriod
from ledger.reader import Reader
from starter.looking_back import recorded_case

EVER = AssessedPeriod(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
MISSED = (ClockState.BREACHED, ClockState.MET_LATE)


def measures_of(examined: Examined) -> Iterator[Measure]:
    """What the record of a case says that it counts for."""
    yield "all"
    case, events = examined.case, examined.events
    if case.outcome is not None:
        yield "closed"
    for clock in case.clocks.values():
        if is_duty(clock.id) and examined.answerable(clock).role in PARTIES:
            yield from measures_of_limit(clock)
    for event in events:
        if event.type is EventType.EXTENSION_REQUESTED and event.actor.role in PARTIES:
            yield "extension_asked"
        if event.type is EventType.EXTENSION_APPROVED:
            yield "extended"
        if event.type is EventType.REFUSED and event.actor.role is Role.PROVIDER:
            yield "refused"
            if not str(event.data.get("reason") or "").strip():
                yield "refused_without_reason"
        if event.type in (
            EventType.NEGOTIATION_OPENED,
            EventType.EXPLANATION_DISPUTED,
            EventType.IMPASSE_DECLARED,
            EventType.COORDINATION_REFERRED,
            EventType.FINAL_INSTANCE_REFERRED,
        ):
            yield "disputed"
        if event.type is EventType.URGED:
            yield "urged"


def measures_of_limit(clock: Clock) -> Iterator[Measure]:
    """What one limit counts for."""
    policy = clock.basis is Basis.POLICY
    if clock.state is ClockState.MET:
        yield "policy_in_time" if policy else "in_time"
    if clock.state in MISSED:
        yield "policy_late" if policy else "late"
        if not policy and clock.ended_at is None:
            yield "overdue"


def counted(reader: Reader, measure: Measure) -> set[str]:
    """Every case that a number counts."""
    found: set[str] = set()
    cursor: str | None = None
    while True:
        total, page = reader.assessments.cases(Visibility(everything=True), EVER, answering(), measure, cursor, 500)
        found |= {case.request_id for case in page.cases}
        if page.next is None:
            assert total >= len(page.cases)
            return found
        cursor = page.next


def test_each_number_counts_what_the_records_say(ground: Sandbox, real_plays: dict[str, PlayedCase]) -> None:
    reader = Reader(ground.engine)
    played = {play.request_id for play in real_plays.values() if play.request_id and play.case}
    expected: dict[Measure, set[str]] = {measure: set() for measure in MEASURES}
    for request_id in played:
        recorded = recorded_case(reader, request_id)
        examined = Examined(recorded, ground.calendar, recorded.events[-1].at)
        for measure in measures_of(examined):
            expected[measure].add(request_id)
    for measure in MEASURES:
        assert counted(reader, measure) & played == expected[measure], measure
        if measure != "refused_without_reason":  # the rules let nobody refuse without one
            assert expected[measure], f"no play shows {measure}"
