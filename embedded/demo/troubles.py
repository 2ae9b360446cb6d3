"""The two cases of the demonstration that are stuck, by means that may bring it about anywhere (卡住的流程).

``docs/console.md`` says how each is mended. Asked again, nothing is done twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from domain.naming import request_id_for
from domain.policy import default_policy
from domain.rule_texts import KNOWN
from domain.statutes.loader import get_statute
from domain.words import ProcedureName
from embedded.demo.living import LivingPlayer, reach_the_present
from embedded.demo.stories import SeededCase, key_of, seeded_cases, trouble
from embedded.simulate.player import opener_of
from embedded.simulate.sandbox import Sandbox
from embedded.simulate.skipped_case import SkippedCase
from ledger.rule_text_store import RuleTextStore
from protocol.names import DUTY_ROUND, TASK_QUEUE, workflow_id
from protocol.opening import Played, opening_of
from protocol.rounds import RoundOrder
from protocol.starting import start_case
from starter.engine_client import ShareflowClient

SURVEY: Final = key_of(ProcedureName.PERIODIC_DUTY, "survey-fulfilled", "nantong-2020")


async def withdrawal_waits_for_a_grant(ground: Sandbox, client: ShareflowClient, reckoned_from: datetime) -> str:
    """A resource cannot be withdrawn: one of its grants refuses to end. The id of the withdrawal.

    The grant was opened under an edition of the text from before it had a withdrawal of resources.
    """
    await _open_under_an_older_text(ground, client, trouble("old-grant", reckoned_from))
    withdrawal = LivingPlayer(ground, trouble("withdrawal", reckoned_from), client)
    request_id = await withdrawal.live(held_back=1)
    await _give_the_last(withdrawal, request_id)
    return request_id


async def rectification_cannot_be_opened(ground: Sandbox, client: ShareflowClient, reckoned_from: datetime) -> str:
    """A grant is suspended and the rectification that follows cannot be opened. The id of the grant.

    Somebody has started a round of duties by hand, under the workflow id that the rectification is to have.
    """
    suspension = LivingPlayer(ground, trouble("suspension", reckoned_from), client)
    request_id = await suspension.live(held_back=1)
    last = len(suspension.scenario.steps)
    if not await asyncio.to_thread(client.reader.events_of_caller_key, request_id, f"step-{last}"):
        await _take_the_id(ground, rectification_of(suspension.scenario.statute, request_id), reckoned_from)
    await _give_the_last(suspension, request_id)
    return request_id


MadeTrouble = Callable[[Sandbox, ShareflowClient, datetime], Awaitable[str]]
TROUBLES: Final[Sequence[MadeTrouble]] = (
    withdrawal_waits_for_a_grant,
    rectification_cannot_be_opened,
)


def rectification_of(statute: str, request_id: str) -> str:
    """The id of the first case that follows from a suspended grant."""
    return request_id_for(statute, f"{request_id}/1", ProcedureName.RECTIFICATION)


async def _give_the_last(player: LivingPlayer, request_id: str) -> None:
    steps = player.scenario.steps
    await player.give(request_id, len(steps), steps[-1])


async def _open_under_an_older_text(ground: Sandbox, client: ShareflowClient, seeded: SeededCase) -> None:
    scenario = seeded.scenario
    text, policy = KNOWN.digest(older_edition(scenario.statute)), KNOWN.digest(default_policy())
    request_id = request_id_for(scenario.statute, seeded.key, scenario.procedure)
    if await asyncio.to_thread(client.reader.case, request_id) is None:
        await asyncio.to_thread(RuleTextStore(ground.engine).store, text, policy)
        opening = opening_of(
            scenario.procedure,
            scenario.request,
            request_id=request_id,
            key=seeded.key,
            actor=opener_of(scenario),
            statute=scenario.statute,
            statute_digest=text,
            policy_digest=policy,
            filed_at=scenario.filed_at,
            played=Played(scenario.filed_at - datetime.now(UTC)),
        )
        await start_case(ground.temporal, opening)
    case = SkippedCase(ground, request_id)
    await reach_the_present(case, await case.shift())


def older_edition(statute: str) -> Any:
    """A text as it was before anybody had written down what it says of withdrawing resources."""
    return get_statute(statute).model_copy(update={"withdrawal": None})


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
