"""The cases of the demonstration that are stuck, for one cause, by means that may bring it about anywhere (卡住的流程).

What kept them up is gone when the demonstration is there, and nobody has told them: an operator tries one again, or all
of the cause, at ``/stuck``. Asked again, nothing is done twice.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

from domain.naming import request_id_for
from domain.words import ProcedureName
from embedded.demo.living import LivingPlayer
from embedded.demo.stories import SeededCase, key_of, seeded_cases
from embedded.simulate.sandbox import Sandbox
from embedded.simulate.skipped_case import SkippedCase
from protocol.names import DUTY_ROUND, TASK_QUEUE, workflow_id
from protocol.rounds import RoundOrder
from starter.engine_client import ShareflowClient

SURVEY: Final = key_of(ProcedureName.PERIODIC_DUTY, "survey-fulfilled", "nantong-2020")
WITHIN: Final = timedelta(seconds=60)
"""How long it may take until a case says that it is stuck, or a workflow is gone."""
LOOK_EVERY: Final = 0.1


async def rectification_cannot_be_opened(
    ground: Sandbox, client: ShareflowClient, suspended: SeededCase, reckoned_from: datetime
) -> str:
    """A grant is suspended and the rectification that follows could not be opened. The id of the grant.

    Somebody had started a round of duties by hand, under the workflow id that the rectification is to have, and has
    removed it since.
    """
    player = LivingPlayer(ground, suspended, client)
    request_id = await player.live(held_back=1)
    steps = player.scenario.steps
    wanted = rectification_of(player.scenario.statute, request_id)
    if not await asyncio.to_thread(client.reader.events_of_caller_key, request_id, f"step-{len(steps)}"):
        await _take_the_id(ground, wanted, reckoned_from)
    await player.give(request_id, len(steps), steps[-1])
    if await asyncio.to_thread(client.reader.case, wanted) is None:
        await _eventually(lambda: _is_stuck(ground, request_id))
        await _eventually(SkippedCase(ground, wanted).forgotten)
    return request_id


def rectification_of(statute: str, request_id: str) -> str:
    """The id of the first case that follows from a suspended grant."""
    return request_id_for(statute, f"{request_id}/1", ProcedureName.RECTIFICATION)


async def _take_the_id(ground: Sandbox, request_id: str, reckoned_from: datetime) -> None:
    """Run a round of one duty, whose case is there already, under the id of another case's workflow."""
    survey: Any = next(case.scenario for case in seeded_cases(reckoned_from) if case.key == SURVEY)
    said = survey.request
    order = RoundOrder(
        statute=survey.statute,
        duty=said.duty,
        period=said.period,
        department=said.department.code,
        name=said.department.name,
    )
    await ground.temporal.execute_workflow(DUTY_ROUND, order, id=workflow_id(request_id), task_queue=TASK_QUEUE)


async def _is_stuck(ground: Sandbox, request_id: str) -> bool:
    return bool((await SkippedCase(ground, request_id).view()).stuck)


async def _eventually(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is so. Raises TimeoutError."""
    async with asyncio.timeout(WITHIN.total_seconds()):
        while not await true():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(LOOK_EVERY)
