"""``shareflow admin``: each command twice, and what it refuses."""

import asyncio
import itertools
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from temporalio.client import Client
from temporalio.worker import Worker

from configuration.payload_keys import key_ring_of
from configuration.settings import Settings
from domain.words import CommandName, Role
from embedded.simulate.sandbox import Sandbox
from ledger.engine import connect
from ledger.schema_check import SCHEMA
from protocol.connecting import TemporalClient
from protocol.names import workflow_id
from protocol.payloads import data_converter
from protocol.search_attributes import SEARCH_ATTRIBUTES
from starter.engine_client import ShareflowClient
from starter.temporal_checks import missing_search_attributes
from tests.cli.conftest import Run
from tests.engine.cases import TERMS, application, command
from tests.engine.make_histories import FOLDER as HISTORIES
from worker.building import build_worker, working

_numbers = itertools.count(1)


@pytest.fixture
def bare(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a database without tables, which the environment names."""
    url = new_database()
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", url)
    return url


def test_a_ledger_is_migrated_once_and_processes_do_not_migrate(
    bare: str, shareflow: Run, ground: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", ground.temporal.service_client.config.target_host)
    monkeypatch.setenv("SHAREFLOW_OIDC_ISSUER", "https://issuer.example")
    monkeypatch.setenv("SHAREFLOW_OIDC_AUDIENCE", "shareflow")
    for process in ("worker", "api", "stuck"):
        assert "no tables yet" in shareflow(process).plainly_refused()
    first, second = [shareflow("admin", "migrate", "--json") for _ in range(2)]
    assert json.loads(first.out) == {"before": None, "schema": SCHEMA, "changed": True}
    assert json.loads(second.out) == {"before": SCHEMA, "schema": SCHEMA, "changed": False}
    assert "nothing was changed" in shareflow("admin", "migrate").out
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "not-set-up")
    looked = json.loads(shareflow("doctor", "--json").out)["checks"]
    temporal = next(each for each in looked if each["name"] == "temporal")
    assert (temporal["state"], temporal["mend"]) == ("problem", "run `shareflow admin setup`")
    assert not [each["says"] for each in looked if "RPCError" in each["says"] or "NotTold" in each["says"]]
    monkeypatch.delenv("SHAREFLOW_DATABASE_URL")
    assert "SHAREFLOW_DATABASE_URL names no database" in shareflow("worker").plainly_refused()
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", bare)
    monkeypatch.delenv("TEMPORAL_NAMESPACE")
    engine = connect(bare)
    for schema in (f"{int(SCHEMA) - 1:04}", "garbage"):
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :schema"), {"schema": schema})
        for reading in (["stuck"], ["request", "list"], ["audit", "findings"], ["calendar", "list"]):
            assert f"has the schema {schema}, this version" in shareflow(*reading).plainly_refused()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :next"), {"next": f"{int(SCHEMA) + 1:04}"})
    engine.dispose()
    again = shareflow("admin", "migrate")
    assert (again.code, "the next version's" in again.out, "nothing was changed" in again.out) == (0, True, True)


def test_an_address_may_stand_in_a_file_which_counts_for_owners_first(
    shareflow: Run, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    file = tmp_path / "url"
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", "postgresql://app@127.0.0.1:1/d")
    monkeypatch.setenv("SHAREFLOW_MIGRATION_URL_FILE", str(file))
    assert "SHAREFLOW_MIGRATION_URL_FILE" in shareflow("admin", "migrate").plainly_refused()
    file.write_text("postgresql://owner:secret@127.0.0.1:1/d\n", "utf-8")
    refused = shareflow("admin", "migrate").plainly_refused()
    assert ("owner:***@" in refused, "secret" in refused) == (True, False)
    for named in (["migrate"], ["backup", str(tmp_path / "backup")]):
        refused = shareflow("admin", *named).plainly_refused()
        assert ("check SHAREFLOW_MIGRATION_URL" in refused, "SHAREFLOW_DATABASE_URL" in refused) == (True, False)
    monkeypatch.setenv("SHAREFLOW_MIGRATION_URL", "postgresql://owner@127.0.0.1:1/d")
    assert "both set" in shareflow("admin", "migrate").plainly_refused()


def test_a_key_that_is_made_is_one_and_a_file_of_keys_that_is_none_stops_the_start(
    shareflow: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "payload-keys"
    made = [shareflow("admin", "payload-key", key_id, *more) for key_id, *more in (("b",), ("a", "--kind", "sm4-gcm"))]
    file.write_text("".join(each.out for each in made), "ascii")
    ring = key_ring_of(Settings({"SHAREFLOW_PAYLOAD_KEYS": str(file)}))
    assert (ring and ring.ids, key_ring_of(Settings({}))) == (("b", "a"), None)
    assert "there are aes-256-gcm, sm4-gcm" in shareflow("admin", "payload-key", "c", "--kind", "des").plainly_refused()
    assert "The id of a key" in shareflow("admin", "payload-key", "two words").plainly_refused()
    file.write_text("2026 aes-256-gcm c2hvcnQ=\n", "ascii")
    monkeypatch.setenv("SHAREFLOW_PAYLOAD_KEYS", str(file))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    assert "a key for aes-256-gcm has 32 bytes, not 5" in shareflow("admin", "setup").plainly_refused()


@pytest.fixture
def elsewhere(ground: Sandbox, monkeypatch: pytest.MonkeyPatch) -> TemporalClient:
    """A namespace that there is not yet, which the environment names."""
    namespace = f"admin-{next(_numbers)}"
    monkeypatch.setenv("TEMPORAL_ADDRESS", ground.temporal.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", namespace)
    return Client(ground.temporal.service_client, namespace=namespace, data_converter=data_converter)


async def said(shareflow: Run, *arguments: str, code: int = 0) -> Any:
    """What a command of ``admin`` tells as JSON; or, where it must fail, its one sentence."""
    done = await asyncio.to_thread(shareflow, "admin", *arguments, "--json")
    if code:
        return done.plainly_refused(code)
    assert done.code == 0, done
    return json.loads(done.out)


async def test_temporal_is_made_ready_once(elsewhere: TemporalClient, shareflow: Run) -> None:
    first = await said(shareflow, "setup")
    assert (first["created"], first["retention_days"], first["changed"]) == (True, 30, True)
    assert set(first["search_attributes_added"]) == set(SEARCH_ATTRIBUTES)
    again = await said(shareflow, "setup")
    assert (again["created"], again["retention_days"], again["changed"]) == (False, 30, False)
    longer = await said(shareflow, "setup", "--retention-days", "40")
    assert (longer["retention_days_before"], longer["retention_days"], longer["changed"]) == (30, 40, True)
    assert not (await said(shareflow, "setup", "--retention-days", "40"))["changed"]
    assert await missing_search_attributes(elsewhere) == {}


def golden(folder: Path, **altered: str) -> None:
    """A recorded history, with other types of events in the place of some."""
    text = (HISTORIES / "nantong-2020.refused-late-then-impasse.json").read_text("utf-8")
    for was, told in altered.items():
        text = text.replace(f'"{was}"', f'"{told}"')
    (folder / "history.json").write_text(text, "utf-8")
    (folder / "texts").symlink_to(HISTORIES / "texts")


async def current_build_of(client: TemporalClient, request_id: str) -> str:
    """The build whose worker took a case's last step."""
    described = await client.get_workflow_handle(workflow_id(request_id)).describe()
    return described.raw_description.workflow_execution_info.versioning_info.deployment_version.build_id


async def test_a_case_goes_over_to_another_build_and_back(
    elsewhere: TemporalClient, bare: str, shareflow: Run, tmp_path: Path
) -> None:
    await said(shareflow, "setup")
    await said(shareflow, "migrate")
    nobody = await said(shareflow, "release", "v1", "--wait", "1", code=1)
    assert "No worker of the build v1 asks for work" in nobody
    engine = await asyncio.to_thread(connect, bare, 3)
    client = ShareflowClient(elsewhere, engine, patience=timedelta(seconds=30))

    def worker(build: str) -> AbstractAsyncContextManager[Worker]:
        settings = Settings({Settings.build_id.variable: build})
        return working(build_worker(elsewhere, engine, watched=False, settings=settings))

    async with worker("v1"), worker("v2"):
        assert (await said(shareflow, "release", "v1"))["changed"]
        case = (await client.file("nantong-2020", application())).request_id
        assert await current_build_of(elsewhere, case) == "v1"
        golden(tmp_path)
        released = await said(shareflow, "release", "v2", "--golden", str(tmp_path))
        assert (released["before"], released["current"], released["changed"]) == ("v1", "v2", True)
        assert released["replayed"] == 2, released
        assert not (await said(shareflow, "release", "v2"))["changed"]
        await client.command(case, command(Role.BUREAU, CommandName.ACCEPT))
        assert await current_build_of(elsewhere, case) == "v2"
        assert (await said(shareflow, "release", "v1"))["before"] == "v2"
        await client.command(case, command(Role.PROVIDER, CommandName.GRANT, TERMS))
        assert await current_build_of(elsewhere, case) == "v1"
    await client.close()
    engine.dispose()


@pytest.mark.usefixtures("elsewhere", "bare")
async def test_histories_that_do_not_replay_hold_a_release_up(
    shareflow: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await said(shareflow, "setup")
    await said(shareflow, "migrate")
    assert "has no histories" in await said(shareflow, "release", "v1", "--golden", str(tmp_path), code=2)
    for wrong in ("", "a b"):
        assert "is no id of a build" in await said(shareflow, "release", wrong, code=2)
    with monkeypatch.context() as another:
        another.setenv("TEMPORAL_WORKER_BUILD_ID", "v2")
        assert "of the build v2: release v1 from its own" in await said(shareflow, "release", "v1", code=2)
    golden(tmp_path, EVENT_TYPE_TIMER_STARTED="EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED")
    refused = await said(shareflow, "release", "v1", "--golden", str(tmp_path), code=1)
    assert "golden/history" in refused
    assert "nothing was changed" in refused
