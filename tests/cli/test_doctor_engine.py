"""What the doctor says of an engine that runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from temporalio.api.operatorservice.v1 import RemoveSearchAttributesRequest

from cli.checks.engine import BY_A_PROXY, engine_checks
from cli.checks.findings import Check
from configuration.log_key import signer_in
from configuration.settings import Settings
from domain.engine.filed import Party, Resource
from domain.log.keys import write_secret_key
from domain.words import SharingClass
from embedded.simulate.sandbox import Sandbox, sandbox
from ledger.log_book import LogBook
from ledger.schema_check import SCHEMA
from procedures.share_request.application import Application
from protocol.names import workflow_id
from starter.engine_client import ShareflowClient

APPLICATION = Application(
    requester=Party(code="R", name="甲"),
    provider=Party(code="P", name="乙"),
    resource=Resource(code="X", name="丙", sharing_class=SharingClass.CONDITIONAL),
    purpose="核验",
    scope="姓名",
)


@asynccontextmanager
async def engine_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    async with sandbox() as ground:
        url = ground.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        monkeypatch.setenv("SHAREFLOW_DATABASE_URL", url)
        monkeypatch.setenv("TEMPORAL_ADDRESS", ground.temporal.service_client.config.target_host)
        yield ground


async def findings() -> dict[str, Check]:
    return {check.name: check for check in await engine_checks(Settings())}


async def test_an_engine_its_cases_and_what_can_be_amiss(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHAREFLOW_STATE", str(tmp_path))
    async with engine_in_the_environment(monkeypatch) as ground:
        client = ShareflowClient(ground.temporal, ground.engine)
        kept = await client.file("changshu-2019", APPLICATION)
        found = await findings()
        assert {name: check.state for name, check in found.items()} == {
            **dict.fromkeys(("database", "temporal", "cases", "archive", "moment", "workers", "clocks"), "ok"),
            **dict.fromkeys(("sealing", "schedules", "api", "certificates"), "skipped"),
            **dict.fromkeys(("checkpoints", "backups"), "warning"),
            "issuer": "problem",
        }
        assert "SHAREFLOW_LOG_KEY names no key" in found["checkpoints"].says
        assert "1 open case," in found["cases"].says
        assert (
            found["archive"].says == "nothing waits to be archived; Temporal keeps histories for 24 hours after the end"
        )

        archive: dict[str, Check] = {}
        for waited in ("1 minute", "1 hour", "13 hours"):
            with ground.engine.begin() as connection:
                connection.execute(text("DELETE FROM unarchived"))
                asked = text(
                    "INSERT INTO unarchived (request_id, asked_at) "
                    f"SELECT request_id, now() - interval '{waited}' FROM cases"
                )
                connection.execute(asked)
            archive[waited] = (await findings())["archive"]
        assert {waited: check.state for waited, check in archive.items()} == {
            "1 minute": "ok",
            "1 hour": "warning",
            "13 hours": "problem",
        }
        assert archive["13 hours"].says.startswith("1 case waits to be archived, the first since ")

        lost = await client.file("changshu-2019", APPLICATION)
        await ground.temporal.get_workflow_handle(workflow_id(lost.request_id)).terminate()
        request = RemoveSearchAttributesRequest(namespace="default", search_attributes=["StuckReason"])
        await ground.temporal.operator_service.remove_search_attributes(request)
        found = await findings()
        assert found["cases"].state == "problem"
        assert lost.request_id in found["cases"].says
        assert kept.request_id not in found["cases"].says
        assert found["temporal"].state == "problem"
        assert "--name StuckReason --type KeywordList" in (found["temporal"].mend or "")

        with ground.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CREATE DATABASE bare"))
        bare = ground.engine.url.set(drivername="postgresql", database="bare").render_as_string(hide_password=False)
        monkeypatch.setenv("SHAREFLOW_DATABASE_URL", bare)
        found = await findings()
        assert (found["database"].state, found["cases"].state) == ("problem", "skipped")
        assert "no tables yet" in found["database"].says
        monkeypatch.setenv("SHAREFLOW_DATABASE_URL", bare.replace("/bare", f"/{ground.engine.url.database}"))
        for schema, mend in (("0001", "shareflow admin migrate"), ("9999", "a newer version of Shareflow")):
            with ground.engine.begin() as connection:
                connection.execute(text("UPDATE alembic_version SET version_num = :schema"), {"schema": schema})
            database = (await findings())["database"]
            assert database.says.endswith(f"has the schema {schema}, this version of Shareflow needs {SCHEMA}.")
            assert (database.state, mend in (database.mend or "")) == ("problem", True)


async def test_checkpoints_that_are_made_and_those_that_are_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHAREFLOW_STATE", str(tmp_path))
    key = tmp_path / "log.key"
    monkeypatch.setenv("SHAREFLOW_LOG_KEY", str(key))
    async with engine_in_the_environment(monkeypatch) as ground:
        missing = (await findings())["checkpoints"]
        assert (missing.state, str(key) in missing.says) == ("problem", True)
        signer = signer_in(key)
        none = (await findings())["checkpoints"]
        assert (none.state, none.says) == ("warning", f"No checkpoint was made yet in the name of {signer.key.name}.")
        LogBook(ground.engine).checkpoint(signer, datetime.now(UTC))
        made = (await findings())["checkpoints"]
        assert made.state == "ok"
        assert made.says.startswith("the newest covers 0 entries")
        for name, says in (("shareflow/other", "in the name of"), (signer.key.name, "was signed with another key")):
            other = tmp_path / "other.key"
            other.write_text(write_secret_key(name, b"\x02" * 32), "ascii")
            other.chmod(0o600)
            monkeypatch.setenv("SHAREFLOW_LOG_KEY", str(other))
            wrong = (await findings())["checkpoints"]
            assert (wrong.state, says in wrong.says, signer.key.name in wrong.says) == ("problem", True, True)
        monkeypatch.setenv("SHAREFLOW_LOG_KEY", str(key))
        key.chmod(0o644)
        seen = (await findings())["checkpoints"]
        assert (seen.state, f"{key} may be read by others" in seen.says) == ("problem", True)
        key.chmod(0o400)
        await ShareflowClient(ground.temporal, ground.engine).file("changshu-2019", APPLICATION)
        monkeypatch.setattr("cli.checks.checkpoints.LATE", 0)  # as if all of the while had passed
        late = (await findings())["checkpoints"]
        assert (late.state, late.says.startswith("A checkpoint is overdue: the newest covers 0 entries")) == (
            "problem",
            True,
        )
        book = LogBook(ground.engine)
        book.checkpoint(signer, datetime.now(UTC))
        monkeypatch.setenv("SHAREFLOW_TIMESTAMP_URL", "http://127.0.0.1:9/stamp")
        unstamped = (await findings())["checkpoints"]
        assert (unstamped.state, "and no checkpoint has one: the newest covers" in unstamped.says) == (
            "warning",
            True,
        )
        newest = book.newest_checkpoint()
        assert newest is not None
        book.keep_timestamp(newest.size, datetime.now(UTC), b"as if it had")
        stamped = (await findings())["checkpoints"]
        assert (stamped.state, stamped.says.endswith(f"the newest with a timestamp covers {newest.size}")) == (
            "ok",
            True,
        )


def test_a_page_of_a_proxy_is_told_apart_from_a_temporal_that_is_away() -> None:
    said = (
        "Failed client connect: Server connection error: protocol error: received message with invalid compression "
        "flag: 60 (valid flags are 0 and 1) while receiving response with status: 502 Bad Gateway, metadata: {..}"
    )
    found = BY_A_PROXY.search(said)
    assert found is not None
    assert found["status"] == "502 Bad Gateway"
    assert BY_A_PROXY.search("Failed client connect: tcp connect error: Connection refused (os error 111)") is None
