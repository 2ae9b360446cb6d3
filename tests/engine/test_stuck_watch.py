"""What the watch finds, each by a trouble that is really there, and what the remedies do about it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import PauseActivityRequest
from temporalio.common import PinnedVersioningOverride, VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.worker import Worker, WorkerDeploymentConfig

from background.remedies import NO_SUCH_POINT, NOT_FOR_THIS_CAUSE, NOTHING_HELD_IT, Remedies
from background.stuck import LEASE, note_what_is_held_up
from domain.access import Visibility
from domain.calendar import CHINA
from domain.log.acts import Acting
from domain.stuck import RemedyResult, StuckKind, Trouble
from domain.words import EventType
from embedded.simulate.sandbox import Sandbox
from ledger.queries.operations import take_watch
from ledger.queries.stuck import causes, subjects_of, troubles, troubles_of
from protocol.messages import CalendarNews
from protocol.names import TASK_QUEUE, workflow_id
from protocol.pollers import workers_asking
from starter.engine_client import ShareflowClient
from tests.engine.cases import WHY, application, command
from tests.engine.looking import C, P, events_in, filed, handle_of, key, types_in, until
from tests.procedures.grants import grant, in_days, opened, renewal
from tests.procedures.held_up import refuses, torn

ALL = Visibility(everything=True)
BY = Acting(subject="tester")


async def noted(client: ShareflowClient, subject: str) -> Sequence[Trouble]:
    """One round of the watch, and what it has noted of a subject."""
    await note_what_is_held_up(client.temporal, client.reader.engine)
    return await asyncio.to_thread(troubles_of, client.reader.engine, subject)


async def found(client: ShareflowClient, subject: str, cause: str) -> Trouble:
    """The trouble of a subject with this cause, once the watch has found it."""

    async def there() -> Trouble | None:
        return next((each for each in await noted(client, subject) if each.cause == cause), None)

    trouble: Trouble = await until(there)
    return trouble


async def gone(client: ShareflowClient, subject: str) -> None:
    async def none() -> bool:
        return not await noted(client, subject)

    await until(none)


@pytest.fixture
def remedies(client: ShareflowClient) -> Remedies:
    return Remedies(client.temporal, client.writer)


async def waiting(client: ShareflowClient) -> str:
    """A grant that is to be renewed: another case is to be opened for that."""
    now = datetime.now(CHINA)
    request_id = await opened(client, "nantong-2020", grant(use_until=in_days(now, 365)), now)
    await client.command(request_id, renewal(now))
    return request_id


async def test_an_opening_that_waits_names_the_case_and_is_mended_when_that_case_may_be_opened(
    client: ShareflowClient, remedies: Remedies, monkeypatch: pytest.MonkeyPatch
) -> None:
    cause = "other_case_unavailable:application_incomplete"
    with monkeypatch.context() as broken:
        broken.setattr("activities.other_cases.OtherCases._opening", refuses)
        request_id = await waiting(client)
        trouble = await found(client, request_id, cause)
        assert trouble.kind is StuckKind.OPENING_WAITS
        assert (trouble.error or "").splitlines()[0] == "application_incomplete: no"
        [event] = [e for e in await events_in(client, request_id) if e.type is EventType.CASE_OPENED]
        assert trouble.waits_on == event.data["request_id"]
        [same] = [each for each in await asyncio.to_thread(causes, client.reader.engine, ALL) if each.cause == cause]
        assert same.number >= 1
        assert request_id in await asyncio.to_thread(subjects_of, client.reader.engine, ALL, cause, 100)
        still = await remedies.retry(request_id, cause, BY)
        assert still.result is RemedyResult.STILL_STUCK
        assert "application_incomplete" in still.why
    other = await remedies.retry(request_id, "calendar_unavailable", BY)
    assert (other.result, other.why) == (RemedyResult.NOT_EXECUTED, NOTHING_HELD_IT)
    assert (await remedies.retry(request_id, cause, BY)).result is RemedyResult.RECOVERED
    assert await asyncio.to_thread(troubles_of, client.reader.engine, request_id) == []
    assert (await remedies.retry(request_id, cause, BY)).why == NOTHING_HELD_IT
    assert (await types_in(client, request_id))[EventType.CASE_OPENED] == 1


async def test_a_parked_activity_is_on_the_list_after_one_round_and_a_retry_frees_it(
    client: ShareflowClient, remedies: Remedies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An activity that an operator paused waits for ever, and its case cannot say so."""
    started = asyncio.Event()

    async def fails(*_: Any) -> None:
        started.set()
        raise RuntimeError("the other office does not answer")

    with monkeypatch.context() as broken:
        broken.setattr("activities.other_cases.OtherCases._start", fails)
        request_id = await waiting(client)
        await started.wait()
        described = await handle_of(client, request_id).describe()
        [pending] = described.raw_description.pending_activities
        await client.temporal.workflow_service.pause_activity(
            PauseActivityRequest(
                namespace=client.temporal.namespace,
                execution=WorkflowExecution(workflow_id=workflow_id(request_id)),
                id=pending.activity_id,
                reason="maintenance",
            )
        )
        trouble = await found(client, request_id, "activity_paused:open_case")
        assert trouble.kind is StuckKind.ACTIVITY_RETRYING
        assert trouble.since is not None
        assert trouble.error is not None
        assert "the other office does not answer" in trouble.error
        assert "Traceback" in trouble.error or "File" in trouble.error
        impatient = Remedies(client.temporal, client.writer, within=timedelta(seconds=2.5))
        for still in (
            await impatient.retry(request_id, trouble.cause, BY),
            await impatient.reset(request_id, "first", "it may answer now"),
        ):
            assert (still.result, "the other office does not answer" in still.why) == (RemedyResult.STILL_STUCK, True)
        assert [each.since for each in await noted(client, request_id)] == [trouble.since]
    assert (await remedies.retry(request_id, None, BY)).result is RemedyResult.RECOVERED
    await gone(client, request_id)


async def test_a_calendar_that_cannot_count_tells_its_error_and_a_reset_takes_over_the_ledger(
    client: ShareflowClient, remedies: Remedies, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id, now = await filed(client), datetime.now(CHINA)
    with monkeypatch.context() as broken:
        broken.setattr("activities.ledger_steps.resolve", torn)
        await handle_of(client, request_id).signal("calendar_published", CalendarNews(edition="2026", published_at=now))
        trouble = await found(client, request_id, "calendar_unavailable")
        assert trouble.error is not None
        assert "the calendar is torn" in trouble.error
        await client.command(request_id, command(P, C.REQUEST_EXTENSION, {"working_days": 5, **WHY}))
    names = [point.name for point in await remedies.points(request_id)]
    assert names == ["first", "before:request_extension", "last"]
    before = await events_in(client, request_id)
    wrong = await remedies.reset(request_id, "before:grant", "x")
    assert (wrong.result, wrong.why) == (RemedyResult.NOT_EXECUTED, NO_SUCH_POINT)
    assert (await remedies.reset(request_id, "first", "the calendar is mended")).result is RemedyResult.RECOVERED
    assert await events_in(client, request_id) == before


async def test_code_that_fails_is_told_by_its_error(
    client: ShareflowClient, remedies: Remedies, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await filed(client)

    def bug(*_: Any, **__: Any) -> None:
        raise KeyError("no such clause")

    with monkeypatch.context() as broken:
        broken.setattr("workflows.recounting.order_again", bug)
        await handle_of(client, request_id).signal(
            "calendar_published", CalendarNews(edition="2026", published_at=datetime.now(CHINA))
        )

        async def failing() -> Trouble | None:
            return next((it for it in await remedies.look(request_id) if it.kind is StuckKind.TASK_FAILING), None)

        trouble = await until(failing)
        assert trouble.cause.startswith("workflow_task_failing:KeyError:")
        assert "no such clause" in (trouble.error or "")
        await found(client, request_id, trouble.cause)
        still = await remedies.retry(request_id, trouble.cause, BY)
        assert (still.result, "no such clause" in still.why) == (RemedyResult.STILL_STUCK, True)
    assert (await remedies.retry(request_id, None, BY)).result is RemedyResult.RECOVERED
    await gone(client, request_id)


async def test_lateness_is_a_matter_of_people_and_no_retry_is_offered(
    client: ShareflowClient, remedies: Remedies
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=60)
    case = await client.file("cn-809-2025", application(), key=key(), received_at=long_ago)
    late = await found(client, case.request_id, "overdue:provider_answer")
    assert (late.kind, late.error) == (StuckKind.OVERDUE, None)
    assert late.since == (await asyncio.to_thread(client.get, case.request_id)).due_at
    listed = await asyncio.to_thread(troubles, client.reader.engine, ALL, late.cause, None, 500)
    assert case.request_id in [each.subject for each in listed.troubles]
    tried = await remedies.retry(case.request_id, None, BY)
    assert (tried.result, tried.why) == (RemedyResult.NOT_EXECUTED, NOT_FOR_THIS_CAUSE)
    nobodys = Visibility(places=frozenset({"yima"}))
    assert "overdue:provider_answer" not in [
        it.cause for it in await asyncio.to_thread(causes, client.reader.engine, nobodys)
    ]


@pytest.fixture
async def nobody(ground: Sandbox) -> AsyncIterator[str]:
    """A workflow on a queue that nobody works on."""
    queue = f"nobody-{uuid.uuid4().hex[:6]}"
    handle = await ground.temporal.start_workflow("Parked", id=f"waits/{queue}", task_queue=queue)
    yield queue
    await handle.terminate("the test is over")


async def test_a_queue_without_a_worker_is_no_error_of_the_workflow(
    client: ShareflowClient, remedies: Remedies, nobody: str
) -> None:
    subject = f"queue:{nobody}"
    trouble = await found(client, subject, f"no_worker:{nobody}")
    assert (trouble.kind, trouble.error) == (StuckKind.NO_WORKER, "1 workflows wait")
    assert await noted(client, f"queue:{TASK_QUEUE}") == []
    assert (await remedies.retry(subject, None, BY)).why == NOT_FOR_THIS_CAUSE


async def test_one_of_the_workers_watches_and_another_when_that_one_is_silent(client: ShareflowClient) -> None:
    engine = client.reader.engine
    assert take_watch(engine, "one", timedelta())
    assert take_watch(engine, "two", LEASE)
    assert not take_watch(engine, "one", LEASE)
    assert take_watch(engine, "two", timedelta())


async def test_a_version_without_a_worker_is_told_apart_from_an_error(ground: Sandbox, client: ShareflowClient) -> None:
    """Workflows stay bound to the version whose worker has gone."""
    queue, version = f"versions-{uuid.uuid4().hex[:6]}", WorkerDeploymentVersion("offices", uuid.uuid4().hex[:6])
    config = WorkerDeploymentConfig(
        version=version, use_worker_versioning=True, default_versioning_behavior=VersioningBehavior.PINNED
    )
    worker = Worker(ground.temporal, task_queue=queue, workflows=[Waiting], deployment_config=config)
    async with worker:
        handle = await until(lambda: begun_under(ground, queue, version))
        await until(lambda: bound(handle))
    cause = f"version_without_worker:offices:{version.build_id}"
    subject = f"version:offices:{version.build_id}"
    assert (await found(client, subject, cause)).kind is StuckKind.VERSION_WITHOUT_WORKER
    await handle.terminate("the test is over")


async def test_a_queue_that_the_list_of_workers_cannot_be_searched_for_is_polled_all_the_same(ground: Sandbox) -> None:
    queue = f'"{uuid.uuid4().hex[:6]}'
    async with Worker(ground.temporal, task_queue=queue, workflows=[Waiting]):
        await until(lambda: workers_asking(ground.temporal, queue))


@workflow.defn(sandboxed=False)
class Waiting:
    """Waits for ever."""

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


async def begun_under(ground: Sandbox, queue: str, version: WorkerDeploymentVersion) -> Any:
    """A workflow that is bound to a version; None as long as the server does not know the version."""
    try:
        return await ground.temporal.start_workflow(
            Waiting.run,
            id=f"bound/{queue}",
            task_queue=queue,
            versioning_override=PinnedVersioningOverride(version),
        )
    except RPCError:
        return None


async def bound(handle: Any) -> bool:
    described = await handle.describe()
    return described.history_length > 3
