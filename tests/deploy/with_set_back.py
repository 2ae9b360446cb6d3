"""Temporal's store really set back, and then the ledger: the operator is told which is older, and nothing is lost.

Not among the tests that ``make test`` collects: ``make check-deploy``, as ``tests/deploy/with_tools.py``. The ledger is
brought to a moment by its WAL in ``with_point_in_time.py``; here it is a backup of `shareflow admin` that is restored.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from background.archive.comparison import Comparison
from background.stuck import WORKFLOW_MISSING
from cli.checks.findings import Check
from cli.checks.moment import moment_check
from configuration.settings import Settings
from domain.words import Stage
from embedded.stack.postgres import start_postgres
from ledger.engine import Engine, connect
from ledger.queries.events import events_of
from ledger.reader import Reader, reader_at
from ledger.schema import migrate
from ledger.schema_check import SCHEMA
from protocol.connecting import connect_to
from protocol.errors import LEDGER_CONFLICT
from starter.engine_client import ShareflowClient
from starter.errors import EngineError
from tests.cli.conftest import Run, Said
from tests.engine.cases import WHY, command
from tests.engine.looking import C, P, R, filed, handle_of, in_step, until, view_of
from tests.engine.machines import TemporalServer
from worker.running import running_worker


class Installation:
    """A ledger and a Temporal on a file, which can be copied, and put back."""

    def __init__(self, folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server, self.folder, self.url = TemporalServer(folder), folder, url
        self.engine: Engine = connect(url)
        monkeypatch.setenv("SHAREFLOW_DATABASE_URL", url)
        monkeypatch.setenv("TEMPORAL_ADDRESS", self.server.address)
        monkeypatch.setenv("SHAREFLOW_STATE", str(folder / "state"))

    async def copy_store(self, to: Path) -> None:
        """A copy of Temporal's store while it is stopped, as docs/operations.md has it."""
        await self.server.stop()
        self._copied(self.folder, to)
        await self.server.start()

    async def put_back(self, copy: Path) -> None:
        await self.server.stop()
        self._copied(copy, self.folder)
        await self.server.start()

    def _copied(self, here: Path, to: Path) -> None:
        for old in to.glob("temporal.db*"):
            old.unlink()
        to.mkdir(exist_ok=True)
        for file in here.glob("temporal.db*"):
            shutil.copy(file, to)

    @asynccontextmanager
    async def works(self, engine: Engine | None = None) -> AsyncIterator[ShareflowClient]:
        """A worker with all that runs beside the cases, and a door."""
        temporal = await connect_to(self.server.address)
        async with running_worker(temporal, engine or self.engine, Settings(), None):
            yield ShareflowClient(temporal, engine or self.engine)

    async def moment(self) -> Check:
        """What the doctor says of ledger and Temporal."""
        return await moment_check(Settings(), Reader(self.engine), await connect_to(self.server.address))


async def parked_for(client: ShareflowClient, request_id: str) -> list[str]:
    case = await asyncio.to_thread(client.get, request_id)
    return [each.reason for each in case.parked]


@pytest.fixture
async def here(
    tmp_path: Path, new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Installation]:
    for door in ("cli.checks.moment", "cli.audit_reconcile"):
        monkeypatch.setattr(f"{door}.Comparison", partial(Comparison, quiet=timedelta()))
    made = Installation(tmp_path, new_database(), monkeypatch)
    migrate(made.engine)
    await made.server.start()
    yield made
    await made.server.stop()
    made.engine.dispose()


async def test_temporal_is_older_and_nothing_is_lost(here: Installation, shareflow: Run, tmp_path: Path) -> None:
    async def told(*arguments: object) -> Said:
        return await asyncio.to_thread(shareflow, "audit", *arguments)

    async with here.works() as client:
        lagging, closed = await filed(client), await filed(client)
        await client.command(closed, command(P, C.REFUSE, WHY))
    await here.copy_store(tmp_path / "copy")
    async with here.works() as client:
        await client.command(lagging, command(P, C.REFUSE, WHY))
        await client.command(closed, command(R, C.ACCEPT_REFUSAL, {}))
        gone = await filed(client)
        await client.command(gone, command(P, C.REFUSE, WHY))
        await client.close()  # by now all that was answered is noted as known to Temporal
    await here.put_back(tmp_path / "copy")
    check = await here.moment()
    assert (check.state, check.name) == ("problem", "moment")
    assert "4 filings and commands that were acknowledged in 3 cases; of 1 of these it has nothing." in check.says
    assert "涉及 3 件事项、4 次已确认的申请和操作；其中 1 件事项 Temporal 完全没有。" in check.told("zh")
    assert "Nothing that was acknowledged is lost: the ledger has it." in (check.mend or "")
    async with here.works() as client:
        assert [(await in_step(client, each)).stage for each in (lagging, closed)] == [Stage.REFUSED, Stage.CLOSED]
        assert await until(lambda: parked_for(client, gone)) == [WORKFLOW_MISSING]
        left = await told("reconcile")
        assert (left.code, left.out.count("\nTemporal is older than the ledger: ")) == (1, 1)
        assert "2 filings and commands that were acknowledged in 1 case; of 1 of these it has nothing." in left.out
        assert "Repaired." not in (await told("reconcile", "--repair")).out, "to begin a case anew must be asked for"
        anew = await told("reconcile", "--begin-anew", "--by", "王五")
        assert (anew.code, anew.out.count(f"{gone}: The ledger has an open case; Temporal")) == (1, 1)
        assert "Repaired." in anew.out
        await client.command(gone, command(R, C.ACCEPT_REFUSAL, {}))
        assert (await told("reconcile")).code == 0
        [act] = client.reader.all_acts(limit=5)[0]
        assert (act.kind, act.by.subject, act.request_id) == ("begin_anew", "王五", gone)
        for each in (lagging, closed, gone):
            assert (await told("export", each, "-o", tmp_path / f"{each}.zip")).code == 0
            assert (await told("verify", tmp_path / f"{each}.zip")).code == 0


async def test_the_ledger_is_older_and_nothing_is_written_over(
    here: Installation,
    shareflow: Run,
    new_database: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    async def restored(to: str) -> Said:
        monkeypatch.setenv("SHAREFLOW_DATABASE_URL", to)
        return await asyncio.to_thread(shareflow, "admin", "restore", tmp_path / "backup")

    older = new_database()
    async with here.works() as client:
        behind = await filed(client)
        done = await asyncio.to_thread(shareflow, "admin", "backup", tmp_path / "backup")
        assert done.code == 0, done
        await client.command(behind, command(P, C.REFUSE, WHY))
        gone = await filed(client)
    said = await restored(older)
    assert said.code == 0, said
    assert "The ledger is older than Temporal: " in said.out
    assert "2 filings and commands that were acknowledged in 2 cases; of 1 of these it has nothing." in said.out
    assert "Let no worker and no API run. Bring the ledger to " in said.out
    assert "不要启动任何 worker 和 API。" in said.out
    engine = connect(older)
    try:
        before = await asyncio.to_thread(events_of, engine, behind)
        async with here.works(engine) as client:  # against what was said
            client.patience = timedelta(seconds=3)
            with pytest.raises(EngineError):
                await client.command(behind, command(R, C.ACCEPT_REFUSAL, {}))
            assert (await view_of(client, behind)).stuck == [LEDGER_CONFLICT]
        assert await asyncio.to_thread(events_of, engine, behind) == before
    finally:
        engine.dispose()
    # The ledger of then, as WAL would have brought it to the last moment: the cases go on where they stood.
    async with here.works() as client:
        assert (await here.moment()).state == "ok"
        assert (await view_of(client, behind)).stage is Stage.REFUSED
        for each in (behind, gone):
            await in_step(client, each)
        await handle_of(client, behind).signal("retry_step")
        await client.command(behind, command(R, C.ACCEPT_REFUSAL, {}))
        assert (await asyncio.to_thread(client.get, behind)).stage is Stage.CLOSED


def test_a_backup_is_restored_into_an_embedded_stack_that_is_to_run(
    new_database: Callable[[], str], shareflow: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in pytest's own folder: the server runs as another user, who could not enter that."""
    url = new_database()
    engine = connect(url, pool_size=1)
    migrate(engine)
    engine.dispose()
    with tempfile.TemporaryDirectory(prefix="shareflow-") as name:
        Path(name).chmod(0o755)
        backup, state = Path(name, "backup"), Path(name, "state")
        monkeypatch.setenv("SHAREFLOW_STATE", str(state))
        monkeypatch.setenv("SHAREFLOW_DATABASE_URL", url)
        assert shareflow("admin", "backup", backup).code == 0
        monkeypatch.delenv("SHAREFLOW_DATABASE_URL")
        assert f"restored into the embedded database in {state}" in shareflow("admin", "restore", backup).out
        assert "nothing was changed" in shareflow("admin", "restore", backup).out
        server = start_postgres(state / "postgres")
        with reader_at(server.url) as reader:  # which refuses one whose schema is not that of this version
            assert reader.schema() == SCHEMA
        server.stop()
        monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:9")
        assert "No engine is running here" in shareflow("admin", "restore", backup).plainly_refused(2)
