"""A refused opening is told with its code and leaves its id as good as new, whichever door or case asked for it."""

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from activities import other_cases
from domain.calendar import CHINA
from domain.engine.filed import Resource
from domain.engine.records import Actor
from domain.words import ProcedureName, Role
from embedded.simulate.sandbox import Sandbox
from procedures.rectification.case import Notice
from protocol.messages import CaseOpening, CaseToOpen
from protocol.names import workflow_id
from starter import case_opening
from starter.engine_client import ShareflowClient
from starter.errors import RequestRefused
from tests.engine.cases import application
from tests.engine.looking import until, view_of
from tests.procedures.grants import USER, grant, in_days, opened, renewal
from tests.procedures.held_up import opened_by


async def runs(ground: Sandbox, request_id: str) -> int:
    query = f'WorkflowId="{workflow_id(request_id)}"'
    return len([run async for run in ground.temporal.list_workflows(query)])


async def test_a_request_that_the_case_itself_refuses_can_be_filed_again(
    ground: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The door asked other rules than the worker: an older version, or a text that changed in between."""
    client = ShareflowClient(ground.temporal, ground.engine)
    key, bad = uuid.uuid4().hex, application(purpose=None)
    with monkeypatch.context() as older:
        passes, good = case_opening.open_case, application()
        older.setattr(case_opening, "open_case", lambda case, *more: passes(_with(case, good), *more))
        for _ in range(2):
            with pytest.raises(RequestRefused) as refused:
                await client.file("cn-809-2025", bad, key=key)
            assert (refused.value.code, refused.value.details["fields"]) == ("application_incomplete", "purpose")
    view = await client.file("cn-809-2025", application(), key=key)
    assert view.head > 0
    assert (await client.file("cn-809-2025", application(), key=key)).request_id == view.request_id


async def test_a_case_that_the_case_itself_refuses_can_be_opened_again(
    ground: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ShareflowClient(ground.temporal, ground.engine)
    provider, key, now = Actor(role=Role.PROVIDER, org="113206000140000028"), uuid.uuid4().hex, datetime.now(CHINA)
    good = grant(use_until=in_days(now, 30))
    bad = good.model_copy(update={"resource": Resource()})
    with monkeypatch.context() as older:
        passes = case_opening.open_case
        older.setattr(case_opening, "open_case", lambda case, *more: passes(_with(case, good), *more))
        with pytest.raises(RequestRefused) as refused:
            await client.open(ProcedureName.ACCESS_GRANT, "nantong-2020", bad, provider, key)
        assert refused.value.code == "application_incomplete"
    filed = await client.open(ProcedureName.ACCESS_GRANT, "nantong-2020", good, provider, key)
    assert not filed.repeated
    assert (await client.open(ProcedureName.ACCESS_GRANT, "nantong-2020", good, provider, key)).repeated


def _with(case: Any, matter: Any) -> Any:
    return replace(case, application=matter)


@pytest.mark.parametrize("asked_first", [True, False])
async def test_a_case_that_follows_and_was_refused_is_opened_under_the_same_id(
    asked_first: bool, ground: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused before anything was begun, or by the case itself: once it is mended, it is opened."""
    client, now = ShareflowClient(ground.temporal, ground.engine), datetime.now(CHINA)
    request_id = await opened(client, "nantong-2020", grant(use_until=in_days(now, 365)), now)
    handle = ground.temporal.get_workflow_handle(workflow_id(request_id))
    with monkeypatch.context() as broken:
        whole, asks = other_cases.OtherCases._opening, other_cases.ask_the_rules

        def without_purpose(self: other_cases.OtherCases, order: CaseToOpen) -> CaseOpening:
            return whole(self, order.model_copy(update={"application": {**order.application, "purpose": None}}))

        broken.setattr(other_cases.OtherCases, "_opening", without_purpose)
        broken.setattr(other_cases, "ask_the_rules", asks if asked_first else lambda _: None)
        await client.command(request_id, renewal(now))

        async def refused() -> bool:
            return list((await view_of(client, request_id)).stuck) == ["other_case_unavailable: application_incomplete"]

        await until(refused)
        assert await opened_by(client, request_id) is None
    await handle.signal("retry_step")
    follows = await until(lambda: opened_by(client, request_id))
    assert (follows.procedure, follows.opened_by) == (ProcedureName.SHARE_REQUEST, request_id)

    async def goes_on() -> bool:
        return not (await view_of(client, request_id)).stuck

    await until(goes_on)
    assert await runs(ground, follows.request_id) == (1 if asked_first else 2)


async def test_a_notice_whose_origin_is_not_there_can_be_given_again(ground: Sandbox) -> None:
    """What only the ledger knows is asked by the case itself; its refusal is told like any other."""
    client, key, now = ShareflowClient(ground.temporal, ground.engine), uuid.uuid4().hex, datetime.now(CHINA)
    bureau = Actor(role=Role.BUREAU, org="bureau")
    there = await opened(client, "nantong-2020+809", grant(use_until=in_days(now, 365)), now)
    said = {
        "department": {"code": USER, "name": "南通市民政局"},
        "ground": "false_data",
        "facts": "故意提供不真实目录",
        "working_days": 3,
    }

    def notice(origin: str) -> Notice:
        return Notice.model_validate({**said, "origin": {"request_id": origin}})

    with pytest.raises(RequestRefused) as refused:
        await client.open(ProcedureName.RECTIFICATION, "nantong-2020+809", notice("NANTONG-NOSUCHCASE"), bureau, key)
    assert refused.value.code == "origin_not_found"
    assert (
        await client.open(ProcedureName.RECTIFICATION, "nantong-2020+809", notice(there), bureau, key)
    ).case.head > 0
