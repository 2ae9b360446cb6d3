"""Record golden histories: ``python -m tests.engine.make_histories`` from the top of the repository.

Each is the history of one finished run as this version's worker wrote it. The replay test holds every later
version to it, so a history that is there already is never written again: delete a file only when no case of
that kind can still be open anywhere.
"""

import asyncio
import base64
import json
import re
import sys
import uuid
from pathlib import Path

from temporalio.client import WorkflowHandle

from domain.rule_texts import KNOWN
from domain.words import CommandName, Role, Stage
from embedded.simulate.player import Player
from embedded.simulate.sandbox import sandbox
from protocol.messages import Answer, CaseView
from protocol.names import workflow_id
from protocol.payloads import RULE_TEXTS
from starter.engine_client import ShareflowClient
from starter.scenarios import read_scenario
from tests.engine.cases import WHY, application, command, sealed
from tests.engine.machines import engine_apart
from worker.replaying import learn_texts_in

TESTS = Path(__file__).parents[1]
FOLDER = TESTS / "histories"
TEXTS = FOLDER / "texts"
"""The statutes and policies that the cases rest on, by digest."""
PLAYED = (
    "changshu-2019/leading-group-returns",
    "changshu-2019/spring-festival-2020-as-published",
    "changshu-2019/unconditional-granted-on-filing",
    "changzhou-2018/provincial-leading-group-returns",
    "changzhou-2018+809/provincial-to-the-common-superior",
    "cn-809-2025/extension-granted",
    "cn-809-2025/silence-climbs-the-ladder-then-refer",
    "nantong-2020/refused-late-then-impasse",
    "nantong-2020/unsealed-returned-and-supplemented",
    "nantong-2020+809/extension-then-delivery",
    "nantong-2020+809/refused-with-basis-to-the-government",
    "yima-2021/adjudicated-deny",
    "zhejiang-2014/government-grants",
    "zhejiang-2014/labour-day-2019-amended",
    "access_grant/nantong-used-then-expired",
    "catalogue_change/national-extension-with-consent",
    "data_correction/zhejiang-disputed-and-corrected",
    "demand/published-then-requested",
    "periodic_duty/nantong-survey-fulfilled-on-the-last-second",
    "rectification/yima-to-the-government-and-accountability",
    "resource_withdrawal/nantong-809-both",
)
"""Scenario files, each played to its end and then, if need be, withdrawn."""
PARKED = "nantong-2020.parked-while-the-ledger-was-away"
HANDED_OVER = ("cn-809-2025.a-run-hands-over", "cn-809-2025.a-run-takes-over")
"""The two runs of one case: one hands over because it has grown long, the next goes on and comes to the end."""
LONG = 60
"""With so many events the server says, for these two alone, that a run has grown long."""


async def played() -> None:
    """Play the scenarios that have no history yet."""
    wanted = [name for name in PLAYED if missing(name.replace("/", "."))]
    if not wanted:
        return
    async with sandbox() as ground:
        client = ShareflowClient(ground.temporal, ground.engine)
        for name in wanted:
            result = await Player(ground, read_scenario(TESTS / "scenarios" / f"{name}.yaml")).play()
            assert result.request_id is not None
            assert result.case is not None
            handle = ground.temporal.get_workflow_handle(workflow_id(result.request_id))
            if result.case.stage is not Stage.CLOSED:
                requester = result.scenario.request.requester.code
                given = command(Role.REQUESTER, CommandName.WITHDRAW, WHY, "end")
                actor = given.actor.model_copy(update={"org": requester})
                await client.command(result.request_id, given.model_copy(update={"actor": actor}))
            await keep(handle, name.replace("/", "."))


async def parked() -> None:
    """A case whose ledger is killed while a command is under way."""
    if not missing(PARKED):
        return
    async with engine_apart() as (client, database):
        request_id = (await client.file("nantong-2020", application(), key=uuid.uuid4().hex)).request_id
        handle = client.temporal.get_workflow_handle(workflow_id(request_id))
        given = sealed(command(Role.BUREAU, CommandName.ACCEPT))
        await database.kill()
        sent = asyncio.create_task(handle.execute_update("command", given, id=given.key, result_type=Answer))
        view: CaseView | None = None
        while view is None or not view.stuck:
            await asyncio.sleep(0.1)
            view = await handle.query("case", result_type=CaseView)
        await database.start()
        await sent
        await client.command(request_id, command(Role.PROVIDER, CommandName.GRANT))
        await keep(handle, PARKED)


async def handed_over() -> None:
    """A case that is urged until its run has grown long, and ends in the next one."""
    wanted = [missing(name) for name in HANDED_OVER]
    if not any(wanted):
        return
    async with engine_apart((f"limit.historyCount.suggestContinueAsNew={LONG}",)) as (client, _):
        request_id = (await client.file("cn-809-2025", application(), key=uuid.uuid4().hex)).request_id
        handle = client.temporal.get_workflow_handle(workflow_id(request_id))
        first = last = (await handle.describe()).run_id
        urged = 0
        while last == first:
            urged += 1
            await client.command(request_id, command(Role.BUREAU, CommandName.URGE, key=f"urge-{urged}"))
            last = (await handle.describe()).run_id
        # What was said in the first run is known in the next: said again, it changes nothing.
        again = await client.command(request_id, command(Role.BUREAU, CommandName.URGE, key="urge-1"))
        assert again.repeated
        await client.command(request_id, command(Role.PROVIDER, CommandName.REFUSE, WHY))
        await client.command(request_id, command(Role.REQUESTER, CommandName.WITHDRAW, WHY))
        await handle.result()
        assert (await handle.describe()).run_id == last, "more than two runs"
        for name, run, needed in zip(HANDED_OVER, (first, last), wanted, strict=True):
            if needed:
                await write(client.temporal.get_workflow_handle(handle.id, run_id=run), name)


def missing(name: str) -> bool:
    """Whether a history is still to be made; one that is there is left alone."""
    if (FOLDER / f"{name}.json").exists():
        sys.stderr.write(f"{name}: there already, not written again\n")
        return False
    return True


async def keep(handle: WorkflowHandle[object, object], name: str) -> None:
    """Write the history of a case when it has finished; never over another."""
    await handle.result()
    await write(handle, name)


async def write(handle: WorkflowHandle[object, object], name: str) -> None:
    """Write the history of a finished run; never over another."""
    # A stack trace names folders of the machine that made it and takes no part in a replay.
    text = re.sub(r'("stackTrace": ")(?:[^"\\]|\\.)*"', r'\1"', (await handle.fetch_history()).to_json())
    with (FOLDER / f"{name}.json").open("x", encoding="utf-8") as file:
        file.write(text.rstrip() + "\n")
    sys.stderr.write(f"{name}: written, {len(text) // 1024} KiB\n")
    for event in json.loads(text)["events"]:
        for payload in event.get("workflowExecutionStartedEventAttributes", {}).get("input", {}).get("payloads", []):
            keep_rule_texts(base64.b64decode(payload["metadata"].get(RULE_TEXTS, "")).decode())


def keep_rule_texts(named: str) -> None:
    """Write the texts of rules that a case rests on beside its history, where they are not yet."""
    for digest in filter(None, named.split(",")):
        text, path = KNOWN.text(digest), TEXTS / f"{digest}.json"
        said = json.dumps({"kind": text.kind, "body": text.body}, ensure_ascii=False, indent=1, sort_keys=True)
        TEXTS.mkdir(exist_ok=True)
        path.write_text(f"{said}\n", encoding="utf-8")


def learn_rule_texts() -> None:
    """Have the texts of rules at hand on which the cases of the histories rest, as a worker has from its ledger."""
    learn_texts_in(TEXTS)


async def main() -> None:
    """Make what is missing."""
    await played()
    await parked()
    await handed_over()


if __name__ == "__main__":
    asyncio.run(main())
