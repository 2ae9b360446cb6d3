"""The whole permission matrix on real cases: over HTTP, and by somebody who goes past the API to the workflow.

What must be answered is asked of the rules, on a paper copy of each case. A command that is allowed is tried twice:
everywhere with a field that cannot be, so that its own words are all that can still refuse it; and once for each
stage, command and role as it is meant.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from domain.access import place_of
from domain.engine.commands import Command, InvalidFields
from domain.engine.decision import Refused
from domain.engine.records import Actor
from domain.words import CommandName, Role, Stage
from embedded.simulate.sandbox import Sandbox
from procedures.registry import decide, who_may
from procedures.share_request.case import ShareRequestCase
from procedures.share_request.process import SHARE_REQUEST
from protocol.names import workflow_id
from tests.api.callers import STRANGER, Bearer
from tests.api.staging import Staging
from tests.domain.engine.machine import GOOD, ORGS
from tests.domain.engine.situation import Situation
from tests.domain.engine.situations import SITUATIONS, reached, refused_with
from tests.forms import dealt, either

AT_ONCE = 8
"""Temporal lets ten updates of one workflow be under way."""

NONSENSE: Mapping[str, Any] = {"nonsense": True}
FIRST_OF_STAGE = {(s.statute, s.stage): s for s in reversed(SITUATIONS)}
"""The first situation in each stage of each statute."""
ONE_A_STAGE = {s.stage: s for s in reversed(SITUATIONS)}
ONE_A_STATUTE = {s.statute: s for s in SITUATIONS}
A_FEW = [s for s in SITUATIONS if s in (*ONE_A_STAGE.values(), *ONE_A_STATUTE.values())]
"""Each stage and each statute once; tests/domain/engine asks the rules in all situations, without servers."""
SHARE = 5
"""In the short form one in five calls is made in each situation, others in the next: with fewer situations than these
some calls would be made in none."""


@pytest.fixture(scope="module")
def stage(api: httpx.AsyncClient, bearer: Bearer, ground: Sandbox) -> Staging:
    return Staging(api, bearer, ground)


async def some_at_once(calls: list[Coroutine[Any, Any, Any]]) -> list[Any]:
    """Do all of it, a few at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(call: Coroutine[Any, Any, Any]) -> Any:
        async with gate:
            return await call

    return await asyncio.gather(*(one(call) for call in calls))


def told(answer: httpx.Response) -> tuple[int, str, str | None]:
    """The status, the code and the article of a problem."""
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == answer.status_code
    return answer.status_code, said["code"], said.get("article")


@pytest.mark.long
@pytest.mark.parametrize("situation", either(A_FEW, SITUATIONS), ids=str)
async def test_whoever_has_a_turn_somewhere_is_told_by_the_rules_here(stage: Staging, situation: Situation) -> None:
    """Every command by every role that may ever give it: the rules decide, and nothing of it moves the case."""
    request_id = await stage.bring(situation)
    head = await stage.head(request_id)
    statute = reached(str(situation)).statute.id
    pairs = [(name, role) for name in SHARE_REQUEST.rules for role in who_may(name, SHARE_REQUEST.name)]

    async def tried(name: CommandName, role: Role) -> tuple[tuple[int, str, str | None], tuple[int, str, str | None]]:
        refusal = refused_with(situation, name.value, role.value)
        fields = None if refusal else NONSENSE
        answer = await stage.give(request_id, name, stage.headers_in(role, statute), fields)
        return told(answer), (409, refusal.code.value, refusal.article) if refusal else (422, "invalid", None)

    answers = await some_at_once([tried(name, role) for name, role in pairs])
    wrong = [(pair, *answer) for pair, answer in zip(pairs, answers, strict=True) if answer[0] != answer[1]]
    assert wrong == []
    assert await stage.head(request_id) == head


@pytest.mark.long
@pytest.mark.parametrize(("turn", "situation"), [*enumerate(either(A_FEW, [*FIRST_OF_STAGE.values()]))], ids=str)
async def test_whoever_never_has_a_turn_is_refused_whatever_it_says(
    stage: Staging, turn: int, situation: Situation
) -> None:
    """Roles that never give a command, other departments, organs of other places, tokens without a role."""
    request_id = await stage.bring(situation)
    head = await stage.head(request_id)
    statute = reached(str(situation)).statute.id
    calls: list[tuple[CommandName, Mapping[str, str], tuple[int, str]]] = []
    for name in SHARE_REQUEST.rules:
        for role in Role:
            if role not in who_may(name, SHARE_REQUEST.name):
                calls.append((name, stage.headers_in(role, statute), (403, "not_your_turn")))
            if role in (Role.REQUESTER, Role.PROVIDER):
                calls.append((name, stage.headers(role, STRANGER), (404, "not_found")))
                other = ORGS[Role.PROVIDER if role is Role.REQUESTER else Role.REQUESTER]
                calls.append((name, stage.headers(role, other), (404, "not_found")))
            elif role not in (Role.AUDITOR, Role.OPERATOR):
                calls.append((name, stage.headers(role, None, "elsewhere"), (404, "not_found")))
        calls.append((name, stage.headers(None), (403, "role_required")))
    calls = [*dealt(calls, turn, SHARE)]
    answers = await some_at_once([stage.give(request_id, name, headers) for name, headers, _ in calls])
    wrong = [
        (name, told(answer), expected)
        for (name, _, expected), answer in zip(calls, answers, strict=True)
        if told(answer)[:2] != expected
    ]
    assert wrong == []
    assert await stage.head(request_id) == head


def allowed_once(stage: Stage) -> list[tuple[Situation, CommandName, Role]]:
    """Each command and role that may in a stage, with the first situation in which it may."""
    found: dict[tuple[CommandName, Role], Situation] = {}
    for situation in (each for each in SITUATIONS if each.stage == stage):
        for name in SHARE_REQUEST.rules:
            for role in who_may(name, SHARE_REQUEST.name):
                if (name, role) not in found and refused_with(situation, name.value, role.value) is None:
                    found[name, role] = situation
    return [(situation, name, role) for (name, role), situation in found.items()]


@pytest.mark.parametrize("where", [stage for stage in ONE_A_STAGE if stage != Stage.CLOSED])
async def test_what_the_rules_allow_is_done(stage: Staging, where: Stage) -> None:
    async def tried(situation: Situation, name: CommandName, role: Role) -> None:
        request_id = await stage.bring(situation)
        head = await stage.head(request_id)
        answer = await stage.give(request_id, name, stage.headers_in(role, reached(str(situation)).statute.id))
        assert answer.status_code == 200, (name, role, answer.text)
        said = answer.json()
        assert said["head"] == await stage.head(request_id) == head + len(said["events"]) > head, (name, role)

    allowed = allowed_once(where)
    assert allowed
    await some_at_once([tried(*each) for each in allowed])


# Past the API


@dataclass(frozen=True)
class Intruder:
    """Somebody who speaks to Temporal itself; ``false`` where no such role is his in the case, or none decides it."""

    role: Role
    org: str
    places: frozenset[str]
    false: bool = False


def intruders(statute: str) -> list[Intruder]:
    """Everybody who may be right, and everybody who cannot be."""
    here, there = frozenset({place_of(statute)}), frozenset({"elsewhere"})
    nobody = (Role.PLATFORM, Role.AUDITOR, Role.OPERATOR)
    found = [Intruder(role, ORGS.get(role, f"ORG-{role.value}"), here, role in nobody) for role in Role]
    found += [Intruder(role, STRANGER, here, false=True) for role in (Role.REQUESTER, Role.PROVIDER)]
    organs = (Role.BUREAU, Role.LEADING_GROUP, Role.GOVERNMENT)
    found += [Intruder(role, f"ORG-{role.value}", there, false=True) for role in organs]
    return [*found, Intruder(Role.BUREAU, ORGS[Role.BUREAU], frozenset(), false=True)]


@pytest.mark.long
@pytest.mark.parametrize(
    ("turn", "situation"), [*enumerate(ONE_A_STAGE.values())], ids=lambda s: getattr(s, "stage", "")
)
async def test_past_the_api_the_workflow_refuses_just_the_same(stage: Staging, turn: int, situation: Situation) -> None:
    request_id = await stage.bring(situation)
    case = reached(str(situation))
    handle = stage.ground.temporal.get_workflow_handle(workflow_id(request_id))
    head, length = await stage.head(request_id), (await handle.describe()).history_length

    async def tried(number: int, name: CommandName, who: Intruder) -> tuple[str, str]:
        actor = Actor(role=who.role, org=who.org)
        command = Command(name=name, actor=actor, fields=GOOD[name], key=f"past-{number}", places=who.places)
        expected = by_the_rules(case, command)
        if expected == DONE:
            command = command.model_copy(update={"fields": NONSENSE})
            expected = by_the_rules(case, command)
        try:
            await handle.execute_update("command", command, id=command.key)
        except WorkflowUpdateFailedError as error:
            return getattr(error.cause, "type", "") or "", expected
        except RPCError as error:
            # The workflow of a closed case has ended: nobody is there to be asked.
            return "case_closed" if error.status is RPCStatusCode.NOT_FOUND else str(error), expected
        return DONE, expected

    pairs = dealt([(name, who) for name in SHARE_REQUEST.rules for who in intruders(case.statute.id)], turn, SHARE)
    answers = await some_at_once([tried(number, *pair) for number, pair in enumerate(pairs)])
    wrong = [(pair, *answer) for pair, answer in zip(pairs, answers, strict=True) if answer[0] != answer[1]]
    assert wrong == []
    false = {answer for (_, who), (answer, _) in zip(pairs, answers, strict=True) if who.false}
    assert false.isdisjoint({DONE, "invalid_command"})
    assert await stage.head(request_id) == head
    assert (await handle.describe()).history_length == length


DONE = "done"


def by_the_rules(case: ShareRequestCase, command: Command) -> str:
    """What comes of a command: DONE, a refusal code, or that a field of it cannot be."""
    assert case.last_at is not None
    try:
        decide(case, command, case.last_at)
    except Refused as refusal:
        return refusal.code.value
    except InvalidFields:
        return "invalid_command"
    return DONE
