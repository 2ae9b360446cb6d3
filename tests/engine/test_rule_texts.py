"""Cases carry the digests of their statute and policy; the texts themselves stand once, in the ledger.

Nor does a worker keep the message that brought them.
"""

import asyncio
import gc
import uuid
from datetime import UTC, datetime, timedelta

from temporalio.bridge.proto.workflow_activation import InitializeWorkflow
from temporalio.common import WorkflowIDConflictPolicy

from domain.policy import Policy, default_policy
from domain.rule_texts import KNOWN, RuleText, rule_text_of
from domain.statutes.loader import get_statute
from ledger.queries.texts import all_texts, store_texts
from protocol.messages import CaseState, FilingKey
from protocol.names import CASE, TASK_QUEUE, workflow_id
from starter.engine_client import ShareflowClient
from tests.engine.cases import application, entered
from tests.engine.looking import handle_of, until, view_of


async def test_a_history_names_its_texts_and_holds_none(client: ShareflowClient) -> None:
    filed = await client.file("nantong-2020", application(), key=uuid.uuid4().hex)
    history = (await handle_of(client, filed.request_id).fetch_history()).to_json()
    assert get_statute("nantong-2020").title.zh not in history
    case = await asyncio.to_thread(client.get, filed.request_id)
    stored = await asyncio.to_thread(all_texts, client.reader.engine)
    assert case.statute_digest in stored
    assert case.policy_then == client.policy


async def test_an_open_case_keeps_nothing_of_the_message_that_began_it(client: ShareflowClient) -> None:
    """A view of a part of that message would keep all of it in the worker's memory, as long as the case is open."""
    await client.file("nantong-2020", application(), key=uuid.uuid4().hex)

    async def forgotten() -> bool:
        gc.collect()
        return not any(type(each) is InitializeWorkflow for each in gc.get_objects())

    await until(forgotten)


async def test_a_case_waits_visibly_for_a_text_that_is_missing_and_goes_on_when_it_is_there(
    client: ShareflowClient,
) -> None:
    """As after a store that was restored without its newest entry."""
    policy = _policy_of_its_own()
    text = rule_text_of(policy)
    assert KNOWN.missing([text.digest])
    opening = entered("nantong-2020", application(), default_policy(), uuid.uuid4().hex, datetime.now(UTC)).opening
    await asyncio.to_thread(client._texts.store, opening.statute_digest)
    started = await client.temporal.start_workflow(
        CASE,
        opening.model_copy(update={"policy_digest": text.digest}),
        id=workflow_id(opening.request_id),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
        task_timeout=timedelta(seconds=1),  # so soon the server tries again what has failed twice
    )

    async def failing() -> bool:
        task = (await started.describe()).raw_description.pending_workflow_task
        return task.attempt >= 2

    await until(failing)
    await asyncio.to_thread(_store, client, text)
    key = FilingKey(key=opening.key, digest=opening.digest)
    state: CaseState = await started.execute_update("filed", key, result_type=CaseState)
    assert state.request_id == opening.request_id
    assert (await view_of(client, opening.request_id)).clocks
    assert (await asyncio.to_thread(client.get, opening.request_id)).policy_then == policy


def _policy_of_its_own() -> Policy:
    return default_policy().model_copy(update={"receipt_grace_seconds": 59})


def _store(client: ShareflowClient, text: RuleText) -> None:
    store_texts(client.reader.engine, {text.digest: (text.kind, text.body)})
