"""A share request is opened like any other case: by whom, in whose name, and through whichever door."""

import asyncio
import json
import uuid
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.program import app
from domain.engine.records import Actor
from domain.words import EventType, ProcedureName, Role
from embedded.simulate.sandbox import Sandbox
from starter.engine_client import FiledCase, ShareflowClient
from starter.errors import RequestRefused
from tests.engine.cases import PROVIDER, REQUESTER, application
from tests.engine.looking import events_in

FILE = f"""\
procedure: share_request
statute: nantong-2020
request:
  requester: {{code: {REQUESTER}, name: 市民政局}}
  provider: {{code: {PROVIDER}, name: 市公安局}}
  resource: {{code: GA-0001, name: 常住人口基本信息, sharing_class: conditional}}
  purpose: 低保资格核验
  scope: 姓名
"""


async def opened_as(client: ShareflowClient, actor: Actor, key: str) -> FiledCase:
    return await client.open(ProcedureName.SHARE_REQUEST, "nantong-2020", application(), actor, key)


async def test_what_the_platform_opens_is_filed_in_the_requesters_name(client: ShareflowClient) -> None:
    key = uuid.uuid4().hex
    filed = await opened_as(client, Actor(role=Role.PLATFORM, org="platform", person="zhang"), key)
    first = (await events_in(client, filed.case.request_id))[0]
    assert first.type is EventType.FILED
    assert first.actor == Actor(role=Role.REQUESTER, org=REQUESTER, person="zhang")
    # The same, filed by the requester itself under the same key, is the same filing.
    again = await opened_as(client, Actor(role=Role.REQUESTER, org=REQUESTER), key)
    assert (again.repeated, again.case.request_id) == (True, filed.case.request_id)
    assert (await client.file("nantong-2020", application(), key=key)).request_id == filed.case.request_id


@pytest.mark.parametrize(
    "actor", [Actor(role=Role.REQUESTER, org=PROVIDER), Actor(role=Role.REQUESTER), Actor(role=Role.BUREAU)]
)
async def test_nobody_else_files_it(client: ShareflowClient, actor: Actor) -> None:
    with pytest.raises(RequestRefused) as refused:
        await opened_as(client, actor, uuid.uuid4().hex)
    assert refused.value.code == "not_your_turn"


async def test_the_command_line_opens_it_as_it_opens_any_case(
    ground: Sandbox, client: ShareflowClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", ground.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("TEMPORAL_ADDRESS", ground.temporal.service_client.config.target_host)
    path = tmp_path / "case.yaml"
    path.write_text(FILE, encoding="utf-8")

    async def run(*options: str) -> tuple[int, str, str]:
        said = await asyncio.to_thread(CliRunner().invoke, app, ["case", "open", str(path), *options, "--json"])
        return said.exit_code, said.stdout, said.stderr

    code, out, err = await run()
    assert code == 0, err
    first = (await events_in(client, json.loads(out)["request_id"]))[0]
    assert (first.actor.role, first.actor.org) == (Role.REQUESTER, REQUESTER)
    code, out, err = await run("--org", PROVIDER)
    assert (code, out) == (1, "")
    assert err.startswith("not_your_turn")
