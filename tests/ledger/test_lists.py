"""Lists and worklists show what a plain look at every case would, in the same order, page by page."""

import itertools
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Engine

from domain.access import Visibility, place_of
from domain.codes import same_code
from domain.engine.records import Event
from domain.words import EventType, Outcome, ProcedureName, Stage
from ledger import queries
from ledger.queries import CaseDetail, CaseFilter, Page, WorklistFilter
from ledger.queries.cases import size_of_list, size_of_worklist
from ledger.queries.views import MOST_COUNTED, CaseSummary, ListSize
from ledger.recording import record_step

T = TypeVar("T")

CODES = ("LA", "la", "LB", "LC")
STATUTES = ("nantong-2020", "nantong-2020+809", "yima-2021", "changshu-2019", "changzhou-2018", "zhejiang-2014")
STAGES = (Stage.PROVIDER_ANSWER, Stage.COORDINATION, Stage.NEGOTIATION, Stage.CLOSED)
SUPERIORS = (None, "jiangsu", "henan")
RESOURCES = ("L-1", "L-2")
FIRST = datetime(2031, 1, 1, tzinfo=UTC)
"""Later than what other tests file, so that these come first in every list."""
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
CASES = 160


def chance(chances: random.Random, of: float) -> bool:
    return chances.random() < of


def filed(engine: Engine, steps, resolve, chances: random.Random, number: int) -> str:
    """A case with everything that lists look at chosen by lot."""
    at = FIRST + timedelta(minutes=number // 3)
    filing = steps.filing(
        statute=chances.choice(STATUTES),
        requester_code=chances.choice(CODES),
        provider_code=chances.choice(CODES),
        resource_code=chances.choice(RESOURCES),
        procedure=chances.choice([ProcedureName.SHARE_REQUEST, ProcedureName.DEMAND]),
        superior=chances.choice(SUPERIORS),
        filed_at=at,
    )
    events: list[Event] = [filing.events[0].model_copy(update={"at": at})]
    if chance(chances, 0.8):
        order = steps.order(started_at=FIRST + timedelta(days=chances.randrange(4)))
        events.append(steps.event(EventType.CLOCK_STARTED, order=order))
        if chance(chances, 0.3):
            events.append(steps.event(EventType.CLOCK_BREACHED, number=1))
    if chance(chances, 0.4):
        events.append(steps.event(EventType.EXTENSION_REQUESTED))
        if chance(chances, 0.4):
            events.append(steps.event(EventType.EXTENSION_DENIED))
    stage = chances.choice(STAGES)
    if stage is Stage.CLOSED:
        events.append(steps.event(EventType.CLOSED, stage=stage, outcome=chances.choice([*Outcome])))
    else:
        events.append(steps.event(EventType.URGED, stage=stage))
    record_step(engine, filing.model_copy(update={"events": events}), resolve, "sm3")
    if chance(chances, 0.1):
        queries.park(engine, steps.request_id, "ledger_unreachable")
    return steps.request_id


class ListedCases:
    """All cases of these tests, and what of each a list goes by."""

    def __init__(self, engine: Engine, request_ids: Iterable[str]) -> None:
        self.engine = engine
        self.cases: dict[str, CaseDetail] = {}
        self.asked: set[str] = set()
        for request_id in request_ids:
            case = queries.get_case(engine, request_id)
            assert case is not None
            self.cases[request_id] = case
            about = [e.type for e in queries.events_of(engine, request_id) if e.type.value.startswith("extension")]
            if about[-1:] == [EventType.EXTENSION_REQUESTED]:
                self.asked.add(request_id)

    def of_ours(self, found: Iterable[CaseSummary]) -> list[str]:
        """Which of these cases were found, in the same order."""
        return [case.request_id for case in found if case.request_id in self.cases]

    def cases_of(self, wanted: CaseFilter) -> list[str]:
        """What a list should show, latest filing first."""
        found = [case for case in self.cases.values() if lets_through(wanted, case)]
        return [c.request_id for c in sorted(found, key=lambda c: (c.filed_at, c.request_id), reverse=True)]

    def worklist_of(self, filters: Sequence[WorklistFilter]) -> list[str]:
        """What a worklist should show, soonest due first."""
        found = [case for case in self.cases.values() if any(self.waits(case, each) for each in filters)]
        return [c.request_id for c in sorted(found, key=lambda c: (c.due_at or NEVER, c.request_id))]

    def waits(self, case: CaseDetail, each: WorklistFilter) -> bool:
        code = case.requester_code if each.party == "requester" else case.provider_code
        return (
            case.stage is not Stage.CLOSED
            and case.stage in each.stages
            and case.statute in each.statutes
            and (each.party is None or same_code(each.org, code))
            and (not each.extension_asked or case.request_id in self.asked)
            and (each.superiors is None or (case.superior in (each.superiors or {None})))
        )


def lets_through(wanted: CaseFilter, case: CaseDetail) -> bool:
    seen = wanted.visibility
    return (
        (wanted.procedure is None or case.procedure == wanted.procedure)
        and (wanted.stage is None or case.stage is wanted.stage)
        and (wanted.outcome is None or case.outcome is wanted.outcome)
        and (wanted.statute is None or case.statute == wanted.statute)
        and (wanted.resource is None or case.resource_code == wanted.resource)
        and (wanted.requester is None or same_code(case.requester_code, wanted.requester))
        and (wanted.provider is None or same_code(case.provider_code, wanted.provider))
        and (wanted.party is None or any(same_code(wanted.party, c) for c in (case.requester_code, case.provider_code)))
        and (wanted.open is None or wanted.open is (case.stage is not Stage.CLOSED))
        and (not wanted.breached or case.overdue)
        and (not wanted.between_two or not same_code(case.requester_code, case.provider_code))
        and (not wanted.stuck or case.overdue or bool(case.parked))
        and (seen is None or is_seen(seen, case))
    )


def is_seen(seen: Visibility, case: CaseDetail) -> bool:
    return (
        seen.everything
        or place_of(case.statute) in seen.places
        or case.superior in seen.superiors
        or (seen.requester is not None and same_code(seen.requester, case.requester_code))
        or (seen.provider is not None and same_code(seen.provider, case.provider_code))
    )


@pytest.fixture(scope="module")
def shown(engine: Engine) -> ListedCases:
    from tests.ledger.conftest import Steps, resolve

    chances = random.Random(11)
    made = (Steps(f"lists-{number}") for number in itertools.count())
    return ListedCases(
        engine, [filed(engine, next(made), resolve.__wrapped__(), chances, number) for number in range(CASES)]
    )


def all_pages(ask: Callable[[str | None], Page]) -> list[CaseSummary]:
    """What all pages show, other tests' cases among it; none of it twice."""
    seen: list[CaseSummary] = []
    cursor: str | None = None
    while True:
        page = ask(cursor)
        seen += page.cases
        cursor = page.next
        if cursor is None:
            break
    assert len(seen) == len({case.request_id for case in seen})
    return seen


def some(chances: random.Random, *values: T) -> T | None:
    return chances.choice([None, None, *values])


def visibility(chances: random.Random) -> Visibility | None:
    if chance(chances, 0.3):
        return chances.choice([None, Visibility(everything=True), Visibility()])
    places = frozenset(chances.sample(["nantong", "yima", "changshu", "nowhere"], chances.randrange(3)))
    return Visibility(
        places=places,
        superiors=frozenset(chances.sample(["jiangsu", "henan"], chances.randrange(2))),
        requester=chances.choice([None, "lA", "LB"]),
        provider=chances.choice([None, "LC"]),
    )


def case_filter(chances: random.Random) -> CaseFilter:
    return CaseFilter(
        procedure=some(chances, ProcedureName.DEMAND, ProcedureName.SHARE_REQUEST),
        stage=some(chances, *STAGES),
        outcome=some(chances, Outcome.GRANTED),
        statute=some(chances, *STATUTES),
        resource=some(chances, *RESOURCES),
        party=some(chances, "La"),
        requester=some(chances, "lb"),
        provider=some(chances, "LC"),
        open=some(chances, True, False),
        breached=chance(chances, 0.2),
        stuck=chance(chances, 0.3),
        visibility=visibility(chances),
        between_two=chance(chances, 0.3),
    )


@pytest.mark.parametrize("seed", range(60))
def test_lists_show_what_a_look_at_every_case_would(engine: Engine, shown: ListedCases, seed: int) -> None:
    chances = random.Random(seed)
    wanted = (
        case_filter(chances) if seed % 3 else CaseFilter(visibility=visibility(chances), stuck=chance(chances, 0.3))
    )
    limit = chances.choice([1, 7, 50])
    found = all_pages(lambda cursor: queries.list_cases(engine, wanted, cursor, limit))
    assert shown.of_ours(found) == shown.cases_of(wanted)
    assert size_of_list(engine, wanted).number == min(len(found), MOST_COUNTED + 1)


def worklist_filter(chances: random.Random) -> WorklistFilter:
    return WorklistFilter(
        stages=frozenset(chances.sample(STAGES, chances.randrange(1, 3))),
        party=chances.choice([None, None, "requester", "provider"]),
        org=chances.choice([None, "la", "LB"]),
        statutes=frozenset(chances.sample(STATUTES, chances.randrange(1, 7))),
        extension_asked=chance(chances, 0.3),
        superiors=chances.choice([None, None, frozenset(), frozenset({"jiangsu", "henan"})]),
    )


@pytest.mark.parametrize("seed", range(60))
def test_worklists_show_what_a_look_at_every_case_would(engine: Engine, shown: ListedCases, seed: int) -> None:
    chances = random.Random(seed)
    filters = [worklist_filter(chances) for _ in range(chances.randrange(1, 5))]
    limit = chances.choice([1, 7, 50])
    found = all_pages(lambda cursor: queries.worklist(engine, filters, cursor, limit))
    assert shown.of_ours(found) == shown.worklist_of(filters)
    due = sorted(case.due_at or NEVER for case in found)[: MOST_COUNTED + 1]
    now, until = (chances.choice(due or [NEVER]) for _ in range(2))
    size = size_of_worklist(engine, filters, None, now, until)
    assert size == ListSize(len(due), sum(at <= now for at in due), sum(now < at <= until for at in due))
