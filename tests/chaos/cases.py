"""Cases that go through an engine while it is hit, by callers who ask again with the same key; what must be left."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import Engine

from domain.engine.records import Clock, RecordedEvent
from domain.evidence import verify_chain
from domain.policy import default_policy
from domain.statutes.loader import get_statute
from domain.words import CommandName, Role, Stage
from ledger.queries.cases import get_case
from ledger.queries.events import events_of
from ledger.queries.views import CaseDetail
from procedures.share_request.filing import as_requester
from procedures.share_request.process import SHARE_REQUEST
from protocol.messages import CaseView
from shareflow import AsyncClient, NotAuthenticated, TooManyRequests, Unavailable
from shareflow._models import Done
from starter.engine_client import ShareflowClient
from starter.errors import Unavailable as EngineAway
from starter.tokens import embedded_issuer
from tests.chaos.engine import ChaosEngine
from tests.domain.engine.machine import PaperCase
from tests.engine.cases import PROCEDURES, PROVIDER, REQUESTER, Course, foretold
from tests.engine.driving import case_of

T = TypeVar("T")

LATE: Final = 0.2
"""Of so many cases all limits have passed when they are filed: the engine owes their warnings, breaches and rungs."""
LATE_BY: Final = timedelta(days=60)
LEFT_ALONE: Final = ("nantong-2020", "changshu-2019", "cn-809-2025")
TWICE: Final = 0.25
"""How often a caller sends a command twice at once, through two doors."""
ANSWERED_WITHIN: Final = 60.0
"""Seconds after which a workflow that answers no query is a finding of its own."""
PATIENCE: Final = 3.0
"""Seconds after which a caller asks again by itself, perhaps at the other door."""


class CaseGoneWrong(Exception):
    """A case that is not as what was acknowledged and what time has done leave it."""


@dataclass
class ChaosCase:
    """One case as its caller saw it; ``filed_late`` is when one that nobody drives is said to have come in."""

    procedure: Course
    key: str
    filed_late: datetime | None = None
    request_id: str = ""
    answers: list[Done] = field(default_factory=list)
    repeats: int = 0


def chaos_cases(number: int, seed: int, chance: random.Random) -> list[ChaosCase]:
    """So many cases of all courses, some of them filed long ago."""
    cases = []
    for each in range(number):
        key = f"chaos-{seed}-{each}"
        if chance.random() < LATE:
            course = Course("left alone", chance.choice(LEFT_ALONE), (), stage=Stage.PROVIDER_ANSWER)
            cases.append(ChaosCase(course, key, datetime.now(UTC) - LATE_BY))
        else:
            cases.append(ChaosCase(chance.choice(PROCEDURES), key))
    return cases


class Callers:
    """Who calls the engine over HTTP, at either door, in every role."""

    def __init__(self, engine: ChaosEngine, client: ShareflowClient, chance: random.Random) -> None:
        issuer = embedded_issuer(engine.folder)
        orgs = {Role.REQUESTER: REQUESTER, Role.PROVIDER: PROVIDER}
        self._doors = [
            {
                role: AsyncClient(api, issuer.token([role], orgs.get(role, role.value)), patience=PATIENCE)
                for role in Role
            }
            for api in engine.apis
        ]
        self._client = client
        self._chance = chance

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(door.aclose() for doors in self._doors for door in doors.values()))

    async def drive(self, case: ChaosCase, pause: Callable[[], Awaitable[None]]) -> None:
        """File a case and give its commands, each until it is acknowledged, with a pause before each."""
        await pause()
        filed = case.procedure.application()
        if case.filed_late is not None:
            state = await self._again(
                case,
                lambda: self._client.file(case.procedure.statute, filed, key=case.key, received_at=case.filed_late),
            )
            case.request_id = state.request_id
            return
        said = filed.model_dump(mode="json", exclude_none=True)
        opened = await self._again(
            case, lambda: self._door(Role.REQUESTER).file(case.procedure.statute, said, key=case.key)
        )
        case.request_id = opened.request_id
        for number, (role, name, fields) in enumerate(case.procedure.acts, start=1):
            await pause()
            key = f"{case.key}-act-{number}"
            given = partial(self._give, case.request_id, role, name, key, fields)
            times = 2 if self._chance.random() < TWICE else 1
            answered = await asyncio.gather(*(self._again(case, given) for _ in range(times)))
            if len({(each.head, each.events) for each in answered}) != 1:
                raise CaseGoneWrong(f"{case.request_id}: {name.value} was answered in two ways: {answered}")
            case.answers.append(answered[0])

    def _give(
        self, request_id: str, role: Role, name: CommandName, key: str, fields: Mapping[str, Any]
    ) -> Awaitable[Done]:
        return self._door(role).command(request_id, name.value, key=key, **fields)

    def _door(self, role: Role) -> AsyncClient:
        return self._chance.choice(self._doors)[role]

    async def _again(self, case: ChaosCase, call: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await call()
            except (Unavailable, TooManyRequests, EngineAway, NotAuthenticated):
                # An API whose clock is behind takes no token that by its clock is yet to be issued.
                case.repeats += 1
                await asyncio.sleep(self._chance.uniform(0.05, 0.3))


def owed(case: ChaosCase, until: datetime) -> list[str]:
    """The types of all events that a case must have by an instant, by the rules alone."""
    if case.filed_late is None:
        return [kind for _, kind in foretold(case.procedure)]
    filed, statute = case.procedure.application(), get_statute(case.procedure.statute)
    opened = SHARE_REQUEST.new_case("R", statute, default_policy(), filed)
    paper = PaperCase(SHARE_REQUEST, opened, as_requester(filed), case.filed_late)
    paper.wait(until)
    return paper.types()


def is_awaited(engine: Engine, case: ChaosCase) -> bool:
    """Whether something of a case is still to come: it is parked, or has fewer events than it must have by now."""
    there = get_case(engine, case.request_id)
    return there is None or bool(there.parked) or there.seq < len(owed(case, datetime.now(UTC)))


async def check_case(client: ShareflowClient, case: ChaosCase) -> Sequence[RecordedEvent]:
    """The events of a case. Raises CaseGoneWrong where ledger, workflow, callers and rules do not agree."""
    engine = client.reader.engine
    there = await asyncio.to_thread(get_case, engine, case.request_id)
    if there is None:
        raise CaseGoneWrong(f"{case.request_id}: acknowledged and lost")
    events = await asyncio.to_thread(events_of, engine, case.request_id)
    types = [event.type.value for event in events]
    if [event.seq for event in events] != list(range(1, there.seq + 1)):
        raise CaseGoneWrong(f"{case.request_id}: the numbers of its events have a gap")
    verify_chain(events, there.algorithm, there.head_digest)
    if types != (must := owed(case, datetime.now(UTC))):
        raise CaseGoneWrong(f"{case.request_id} ({case.procedure.name}): {types} in place of {must}")
    for answer in case.answers:
        if tuple(types[answer.head - len(answer.events) : answer.head]) != answer.events:
            raise CaseGoneWrong(f"{case.request_id}: {answer.events} were acknowledged as the last of {answer.head}")
    if case.filed_late is None and (there.stage, there.outcome) != (case.procedure.stage, case.procedure.outcome):
        raise CaseGoneWrong(f"{case.request_id}: it stands at {there.stage}, {there.outcome}")
    view = await answered_view(client, case)
    if await asyncio.to_thread(get_case, engine, case.request_id) != there:
        return await check_case(client, case)  # time has moved it on between the one look and the other
    if apart := differences(view, there):
        raise CaseGoneWrong(f"{case.request_id}: workflow and ledger do not say the same: {'; '.join(apart)}")
    return events


async def answered_view(client: ShareflowClient, case: ChaosCase) -> CaseView:
    """The case as its workflow holds it, asked again where nobody answers. Raises CaseGoneWrong if nobody does."""
    try:
        async with asyncio.timeout(ANSWERED_WITHIN):
            while (view := await case_of(client, case)) is None:  # noqa: ASYNC110 - a query has no event to wait for
                await asyncio.sleep(0.5)
    except TimeoutError as error:
        raise CaseGoneWrong(f"{case.request_id}: its workflow answers no query for {ANSWERED_WITHIN:.0f} s") from error
    return view


def differences(view: CaseView, there: CaseDetail) -> list[str]:
    """In what a workflow and the ledger differ, each with what the one says and the other."""
    pairs = {name: (getattr(view, name), getattr(there, name)) for name in ("stage", "outcome")}
    pairs["head"] = (view.head, there.seq)
    by_workflow, by_ledger = ({clock.number: clock for clock in clocks} for clocks in (view.clocks, there.clocks))
    for number in sorted({*by_workflow, *by_ledger}):
        one, other = by_workflow.get(number), by_ledger.get(number)
        if one is None or other is None:
            pairs[f"clock {number}"] = (one, other)
        else:
            pairs |= {
                f"{name} of clock {number}": (getattr(one, name), getattr(other, name)) for name in Clock.model_fields
            }
    return [
        f"{what}: {one} in the workflow, {other} in the ledger" for what, (one, other) in pairs.items() if one != other
    ]


def as_followed(case: ChaosCase) -> ChaosCase:
    """A case as the list of workflows must have it: one that nobody drives stays open."""
    return replace(case) if case.filed_late is None else replace(case, procedure=replace(case.procedure, outcome=None))
