"""The real cases of which large ledgers are made: open in several stages and late, closed in each way."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bench.cases import APPLICATION, HAPPY, STEPS, CommandStep, commanded
from bench.filling import Original
from domain.calendar import CHINA
from domain.words import CommandName, Role, Stage
from ledger.queries.operations import park
from starter.engine_client import ShareflowClient

ACCEPT, REFUSE, NEGOTIATE, IMPASSE = STEPS
LATE: Final = timedelta(days=60)
BREACH_SECONDS: Final = 30


@dataclass(frozen=True)
class _Plan:
    """A case to be played: under a text, with these commands; ``late``: its first limit passed long ago."""

    statute: str
    steps: Sequence[CommandStep]
    of_a_thousand: int
    closed: bool = False
    late: bool = False
    parked: bool = False


MORE_TIME: Final[CommandStep] = (
    CommandName.REQUEST_EXTENSION,
    Role.PROVIDER,
    {"reason": "数据归集未完成", "working_days": 5},
)
ACCEPT_REFUSAL: Final[CommandStep] = (CommandName.ACCEPT_REFUSAL, Role.REQUESTER, {})
WITHDRAW: Final[CommandStep] = (CommandName.WITHDRAW, Role.REQUESTER, {"reason": "不再需要"})

PLANS: Final = (
    _Plan("nantong-2020", [], 3),
    _Plan("nantong-2020", [ACCEPT], 3),
    _Plan("nantong-2020", [ACCEPT, REFUSE], 1),
    _Plan("nantong-2020", [ACCEPT, REFUSE, NEGOTIATE], 1),
    _Plan("cn-809-2025", [], 3),
    _Plan("cn-809-2025", [MORE_TIME], 1),
    _Plan("nantong-2020", [], 4, late=True),
    _Plan("cn-809-2025", [], 3, late=True),
    _Plan("cn-809-2025", [], 1, parked=True),
    _Plan("nantong-2020", HAPPY, 300, closed=True),
    _Plan("nantong-2020", STEPS, 200, closed=True),
    _Plan("nantong-2020", [ACCEPT, REFUSE, ACCEPT_REFUSAL], 240, closed=True),
    _Plan("cn-809-2025", [WITHDRAW], 240, closed=True),
)
"""Of a thousand cases 20 are open, 7 of them late and one parked."""


async def played(client: ShareflowClient) -> Sequence[Original]:
    """Play every case of the plans through the engine."""
    return [await _played(client, plan) for plan in PLANS]


async def _played(client: ShareflowClient, plan: _Plan) -> Original:
    key = uuid.uuid4().hex
    at = datetime.now(CHINA) - LATE if plan.late else None
    view = await client.file(plan.statute, APPLICATION, key=key, received_at=at)
    for step in plan.steps:
        await commanded(client, view.request_id, step)
    case = await asyncio.to_thread(client.get, view.request_id)
    if (case.stage is Stage.CLOSED) is not plan.closed:
        raise RuntimeError(f"The case of {plan} stands at {case.stage}.")
    for _ in range(BREACH_SECONDS * 10 if plan.late else 0):
        if (await asyncio.to_thread(client.get, view.request_id)).overdue:
            break
        await asyncio.sleep(0.1)
    else:
        if plan.late:
            raise RuntimeError(f"No limit of {view.request_id} was breached.")
    if plan.parked:
        await asyncio.to_thread(park, client.reader.engine, view.request_id, "bench")
    return Original(view.request_id, key, plan.closed, plan.of_a_thousand)


DEPARTMENTS: Final = {code: code[:-1] for code in (APPLICATION.requester.code or "", APPLICATION.provider.code or "")}
"""The departments of the originals, each with its code but the last digit: by that, copies' departments differ."""


def department(code: str, number: int = 0) -> str:
    """The code of one of the copies' departments."""
    return f"{DEPARTMENTS[code]}{number}"
