"""Rounds of periodic duties by real Temporal Schedules: every case once, whatever is triggered or filled in again."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio import activity
from temporalio.client import (
    Client,
    ScheduleActionExecutionStartWorkflow,
    ScheduleBackfill,
    ScheduleInfo,
    WorkflowFailureError,
)
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from activities.duty_rounds import DutyRounds
from activities.other_cases import OtherCases
from configuration.departments import departments_in_force
from configuration.settings import Settings
from domain.calendar import CHINA
from domain.codes import code_key
from domain.departments import Departments, DepartmentsError, read_departments
from domain.naming import request_id_for
from domain.periods import MONTHS, Recurrence, period_named, period_of
from domain.policy import Policy, default_policy
from domain.statutes.loader import StatuteError, load_statute, packaged_statutes, packaged_texts
from domain.words import ClockState, EventType, ProcedureName
from embedded.simulate.sandbox import Sandbox
from ledger.queries.cases import get_case, list_cases
from ledger.queries.events import events_of
from ledger.queries.views import CaseDetail, CaseFilter
from protocol.messages import CaseToOpen
from protocol.names import DUTY_ROUND, OPEN_CASE, TASK_QUEUE
from protocol.rounds import RoundOrder, RoundResult
from starter.duty_schedules import described, schedule_id, states, sync_schedules
from tests.engine.looking import until
from worker.building import sandbox
from workflows.duty_round import DutyRoundWorkflow

SURVEY, INSPECTION = schedule_id("nantong", "catalogue_survey"), schedule_id("nantong", "inspection")
SURVEY_OF_2026 = RoundOrder(statute="nantong", duty="catalogue_survey", period="2026")


class Registry:
    """The operator's list of departments, as a file that a test may change."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.codes = (f"DEPT-{uuid.uuid4().hex[:8]}", f"DEPT-{uuid.uuid4().hex[:8]}")

    def says(self, **places: list[str]) -> None:
        """Write it: the codes of each place's departments."""
        lines = []
        for place, departments in places.items():
            lines.append(f"{place}:")
            lines += [f"  - {{code: {code}, name: 南通市某局}}" for code in departments]
        self.file.write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The list that the worker reads for each round; it names two departments that nobody has met."""
    monkeypatch.setenv(Settings.departments.variable, str(tmp_path / "departments.yaml"))
    found = Registry(tmp_path / "departments.yaml")
    found.says(nantong=list(found.codes))
    return found


@pytest.fixture
async def temporal(ground: Sandbox) -> AsyncIterator[Client]:
    """The session's Temporal, without schedules afterwards."""
    yield ground.temporal
    await sync_schedules(ground.temporal, {}, default_policy())


async def sync(temporal: Client, policy: Policy | None = None) -> Counter[str]:
    """A sync, and how many schedules it created, updated and so on."""
    synced = await sync_schedules(temporal, departments_in_force(), policy or default_policy())
    return Counter({what: len(ids) for what, ids in vars(synced).items() if ids})


async def rounds_of(temporal: Client, schedule: str, first: date, last: date, count: int) -> list[RoundResult]:
    """Have a schedule do what it would have done between two days, and wait until its rounds are done."""
    handle = temporal.get_schedule_handle(schedule)
    before = (await handle.describe()).info.num_actions
    start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last))
    await handle.backfill(ScheduleBackfill(start, end))
    return await _finished(temporal, schedule, before, count)


async def triggered(temporal: Client, schedule: str) -> RoundResult:
    """Have a schedule start its round now."""
    handle = temporal.get_schedule_handle(schedule)
    before = (await handle.describe()).info.num_actions
    await handle.trigger()
    return (await _finished(temporal, schedule, before, 1))[0]


async def _finished(temporal: Client, schedule: str, before: int, count: int) -> list[RoundResult]:
    handle = temporal.get_schedule_handle(schedule)

    async def begun() -> ScheduleInfo | None:
        info = (await handle.describe()).info
        return info if info.num_actions >= before + count else None

    results = []
    for run in (await until(begun)).recent_actions[-count:]:
        assert isinstance(run.action, ScheduleActionExecutionStartWorkflow)
        started, run_id = run.action.workflow_id, run.action.first_execution_run_id
        results.append(await temporal.get_workflow_handle(started, run_id=run_id, result_type=RoundResult).result())
    return results


async def by_hand(temporal: Client, order: RoundOrder, queue: str = TASK_QUEUE) -> RoundResult:
    """A round that somebody asks for."""
    result: RoundResult = await temporal.execute_workflow(
        DUTY_ROUND, order, id=f"test-round/{uuid.uuid4().hex}", task_queue=queue, result_type=RoundResult
    )
    return result


async def cases_of(ground: Sandbox, code: str) -> list[CaseDetail]:
    """The duties of a department as the ledger has them."""
    wanted = CaseFilter(procedure=ProcedureName.PERIODIC_DUTY, provider=code)
    page = await asyncio.to_thread(list_cases, ground.engine, wanted)
    found = [await asyncio.to_thread(get_case, ground.engine, case.request_id) for case in page.cases]
    return [case for case in found if case is not None]


def periods(cases: list[CaseDetail]) -> list[str]:
    """The periods of cases, in order."""
    return sorted(case.application["period"] for case in cases)


# Rounds


async def test_past_years_are_filled_in_once_for_every_department(
    ground: Sandbox, temporal: Client, registry: Registry
) -> None:
    await sync(temporal)
    for _ in range(2):
        await rounds_of(temporal, SURVEY, date(2022, 6, 1), date(2026, 2, 1), 4)
    await triggered(temporal, SURVEY)
    for code in registry.codes:
        cases = await cases_of(ground, code)
        assert periods(cases) == ["2023", "2024", "2025", "2026"]
        texts = {case.application["period"]: case.statute for case in cases}
        assert (texts["2025"], texts["2026"]) == ("nantong-2020", "nantong-2020+809")


async def test_what_a_past_period_left_undone_is_a_breach_told_with_the_opening(
    ground: Sandbox, temporal: Client, registry: Registry
) -> None:
    await sync(temporal)
    opened = (await rounds_of(temporal, SURVEY, date(2024, 12, 1), date(2025, 2, 1), 1))[0].opened

    async def breached() -> CaseDetail | None:
        (found,) = await cases_of(ground, registry.codes[0])
        return found if found.clocks[0].state is ClockState.BREACHED else None

    case = await until(breached)
    assert case.request_id in opened
    assert case.clocks[0].due_date == date(2025, 12, 31)
    events = await asyncio.to_thread(events_of, ground.engine, case.request_id)
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert EventType.CLOCK_WARNED not in {event.type for event in events}


async def test_a_department_that_is_gone_gets_no_new_case_and_keeps_its_old_ones(
    ground: Sandbox, temporal: Client, registry: Registry
) -> None:
    stays, goes = registry.codes
    await sync(temporal)
    await rounds_of(temporal, SURVEY, date(2023, 12, 1), date(2024, 2, 1), 1)
    registry.says(nantong=[stays])
    await rounds_of(temporal, SURVEY, date(2024, 12, 1), date(2025, 2, 1), 1)
    assert periods(await cases_of(ground, stays)) == ["2024", "2025"]
    assert periods(await cases_of(ground, goes)) == ["2024"]


async def test_a_department_that_was_renamed_is_the_same(ground: Sandbox, temporal: Client, registry: Registry) -> None:
    await sync(temporal)
    await triggered(temporal, SURVEY)
    registry.file.write_text(registry.file.read_text(encoding="utf-8").replace("某局", "新局"), encoding="utf-8")
    result = await by_hand(temporal, SURVEY_OF_2026)
    assert (len(result.opened), len(result.there)) == (0, 2)
    assert len(await cases_of(ground, registry.codes[0])) == 1


async def test_an_organs_duty_is_opened_for_the_organ_that_the_text_names(
    ground: Sandbox, temporal: Client, registry: Registry
) -> None:
    registry.says(nantong=[])
    await sync(temporal)
    first, second = await rounds_of(temporal, INSPECTION, date(2022, 12, 1), date(2023, 8, 1), 2)
    assert {first.period, second.period} == {"2023-H1", "2023-H2"}
    (case_id,) = {*first.opened, *first.there}
    case = await asyncio.to_thread(get_case, ground.engine, case_id)
    assert case is not None
    assert (case.provider_name, case.provider_code) == ("市大数据管理局", "nantong:bureau")


async def test_a_duty_on_record_is_opened_for_those_alone_that_have_it(
    ground: Sandbox, temporal: Client, registry: Registry
) -> None:
    special, usual = registry.codes
    lines = [
        f"  - {{code: {special}, name: 省某局, duties: [quarterly_update]}}",
        f"  - {{code: {usual}, name: 省乙局}}",
    ]
    registry.file.write_text("\n".join(["zhejiang:", *lines]), encoding="utf-8")
    await sync(temporal)
    quarterly = schedule_id("zhejiang", "quarterly_update")
    await rounds_of(temporal, quarterly, date(2025, 12, 1), date(2026, 4, 2), 2)
    assert periods(await cases_of(ground, special)) == ["2026-Q1", "2026-Q2"]
    assert await cases_of(ground, usual) == []


async def test_what_cannot_be_opened_does_not_keep_the_others_and_is_told(
    ground: Sandbox, temporal: Client, registry: Registry
) -> None:
    good, bad = registry.codes
    others = OtherCases(ground.temporal, ground.engine, played=True)
    rounds = DutyRounds(ground.engine, departments_in_force, default_policy)

    @activity.defn(name=OPEN_CASE)
    async def open_but_one(order: CaseToOpen) -> None:
        if order.application["department"]["code"] == bad:
            raise ApplicationError("no", type="refused", non_retryable=True)
        await others.open_case(order)

    queue = f"rounds-{uuid.uuid4().hex}"
    with ThreadPoolExecutor(1) as pool:
        async with Worker(
            temporal,
            task_queue=queue,
            workflows=[DutyRoundWorkflow],
            activities=[*rounds.all(), open_but_one],
            activity_executor=pool,
            workflow_runner=sandbox(),
        ):
            with pytest.raises(WorkflowFailureError) as failure:
                await by_hand(temporal, SURVEY_OF_2026, queue)
    lost = request_id_for("nantong", f"catalogue_survey/{code_key(bad)}/2026", ProcedureName.PERIODIC_DUTY)
    assert lost in str(failure.value.cause)
    assert len(await cases_of(ground, good)) == 1
    again = await by_hand(temporal, SURVEY_OF_2026)
    assert (list(again.opened), len(again.there)) == ([lost], 1)


# Schedules


async def test_a_second_sync_changes_nothing(temporal: Client, registry: Registry) -> None:
    assert await sync(temporal) == {"created": 4}
    assert await sync(temporal) == {"unchanged": 4}
    registry.says(nantong=[], changshu=[])
    assert await sync(temporal) == {"created": 3, "unchanged": 4}
    registry.says(changshu=[])
    assert await sync(temporal) == {"deleted": 4, "unchanged": 3}
    assert await described(temporal, SURVEY) is None
    registry.file.write_text("{}", encoding="utf-8")
    assert await sync(temporal) == {"deleted": 3}
    assert await sync(temporal) == {}


@pytest.mark.usefixtures("registry")
async def test_another_policy_updates_what_is_due_regularly_and_a_pause_stays(temporal: Client) -> None:
    await sync(temporal)
    await temporal.get_schedule_handle(INSPECTION).pause(note="the office moves")
    quarterly = default_policy().model_copy(update={"regular_duties": "quarter"})
    assert await sync(temporal, quarterly) == {"updated": 3, "unchanged": 1}
    (state,) = [x for x in await states(temporal, departments_in_force(), quarterly) if x.wanted.id == INSPECTION]
    assert state.paused
    found = await described(temporal, INSPECTION)
    assert found is not None
    assert [range_.start for range_ in found.schedule.spec.calendars[0].month] == [1, 4, 7, 10]


@pytest.mark.usefixtures("registry")
async def test_periods_begin_in_china(temporal: Client) -> None:
    await sync(temporal)
    for state in await states(temporal, departments_in_force(), default_policy()):
        assert state.next_at is not None
        assert state.next_at.astimezone(CHINA).strftime("%d %H:%M") == "01 00:05"


# Periods and limits


@given(st.sampled_from(sorted(MONTHS)), st.dates(date(2018, 1, 1), date(2090, 12, 31)))
def test_every_day_lies_in_one_period_that_its_name_leads_back_to(every: Recurrence, day: date) -> None:
    period = period_of(every, day)
    assert period.first <= day <= period.last
    assert period_named(every, period.name) == period
    if period.last < date(2090, 12, 31):
        assert period_of(every, period.last + timedelta(days=1)).first == period.last + timedelta(days=1)
    for other in MONTHS:
        assert (period_named(other, period.name) is None) == (other != every)


@pytest.mark.parametrize(
    "name",
    ["", "26", "2017", "2091", "2026-H3", "2026-H0", "2026-Q5", "2026-1", "２０２６", "2026 "],
)
def test_a_name_that_is_none(name: str) -> None:
    assert all(period_named(every, name) is None for every in MONTHS)


def test_every_duty_has_its_last_day_in_its_period() -> None:
    for statute in packaged_statutes().values():
        for duty in statute.duties or ():
            recurrence = duty.recurrence("half_year")
            if recurrence is not None:
                period = period_of(recurrence, date(2026, 1, 1))
                assert period.first < duty.last_day(period) <= period.last


# What is refused


def wrong_statute(was: str, becomes: str, name: str = "changzhou-2018") -> str:
    """What the loader says of a packaged text with one passage changed."""
    text = dict(packaged_texts())[f"{name}.yaml"]
    assert was in text
    with pytest.raises(StatuteError) as error:
        load_statute(text.replace(was, becomes, 1), f"{name}.yaml")
    return str(error.value)


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        (
            "    by: provider\n    to: leading_group\n",
            "    to: leading_group\n",
            "duties[1].by is missing: a duty without a body",
        ),
        ("    by: provider\n    to:", "    by: requester\n    to:", "duties[1].by cannot be requester"),
        ("  - id: yearly_report", "  - id: yearly_evaluation", "duties[1].id is a second duty yearly_evaluation"),
        ("    due_day: 31\n", "", "stand together or not at all"),
        ("    due_day: 31\n", "    due_day: 31\n    amount: 2\n", "amount and unit stand together"),
        ("    due_month: 1\n", "    due_month: 2\n", "must be a day of every period"),
    ],
)
def test_a_duty_that_cannot_be(was: str, becomes: str, says: str) -> None:
    assert says in wrong_statute(was, becomes)


def test_an_organ_that_the_text_does_not_have_is_no_body() -> None:
    said = wrong_statute(
        "    by: bureau\n    every: regular", "    by: leading_group\n    every: regular", "nantong-2020"
    )
    assert "needs leading_group among bodies: a duty without a body" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("atlantis: []", "d.yaml, line 1: atlantis is no place with a text; there are "),
        ("nantong: [{code: A, name: 甲}, {code: A, name: 乙}]", "nantong[1].code A stands a second time"),
        ("nantong: [{code: A}]", "nantong[0].name is missing"),
        ("nantong: [{code: A, name: 甲, duties: [catalogue_survey]}]", "is no duty on record there; there are: none"),
        ("zhejiang: [{code: A, name: 甲, duties: [inspection]}]", "there are: quarterly_update"),
        ("nantong: 甲", "nantong must be a list"),
        ("- a", "d.yaml"),
    ],
)
def test_a_list_of_departments_that_cannot_be(text: str, says: str) -> None:
    with pytest.raises(DepartmentsError) as error:
        departments(text)
    assert says in str(error.value)


def test_a_place_without_departments() -> None:
    assert departments("nantong:\nchangshu: []") == {"nantong": (), "changshu": ()}


def departments(text: str) -> Departments:
    """A list as its file has it."""
    return read_departments(text, "d.yaml", packaged_statutes().values())
