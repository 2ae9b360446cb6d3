"""An engine apart, as an operator has it: a worker process, the installed command, and a ledger to look into."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import Result
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from cli.program import app
from domain.calendar import CHINA, Calendar
from domain.engine.records import RecordedEvent
from domain.evidence import verify_chain
from domain.words import EventType
from embedded.stack.temporal import Ports, TemporalOptions, start_temporal
from ledger.calendar_store import CalendarStore
from ledger.engine import connect
from ledger.queries.cases import get_case
from ledger.queries.events import events_of
from ledger.schema import migrate
from protocol.connecting import connect_to
from protocol.search_attributes import SEARCH_ATTRIBUTES
from starter.engine_client import ShareflowClient
from tests.engine.cases import application
from tests.engine.machines import Database, EngineProcess, worker_process

PROGRAM = Path(sys.executable).with_name("shareflow")
FILERS = 10
_REFUSE = text("""
    CREATE FUNCTION refuse_for_now() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'refused for now'; END $$;
    CREATE TRIGGER refused_for_now BEFORE INSERT ON events
        FOR EACH ROW WHEN (NEW.request_id = :case) EXECUTE FUNCTION refuse_for_now()
""")
_TAKE_AGAIN = text("DROP TRIGGER refused_for_now ON events; DROP FUNCTION refuse_for_now()")


@dataclass
class PublishStack:
    """``environ`` names the engine for the command line."""

    folder: Path
    database: Database
    worker: EngineProcess
    client: ShareflowClient
    engine: Engine
    environ: Mapping[str, str]
    _numbers: list[int] = field(default_factory=list)

    @property
    def calendar(self) -> Calendar:
        """The calendar in force there now."""
        return CalendarStore(self.engine).now()

    # Cases

    async def file(self, statute: str, received_at: datetime | None = None) -> str:
        """File a case; its id."""
        self._numbers.append(1)
        key = f"publish-{len(self._numbers)}"
        return (await self.client.file(statute, application(), key=key, received_at=received_at)).request_id

    async def file_many(self, statutes: Sequence[str], received_at: datetime | None = None) -> list[str]:
        """File a case under each statute, several at once."""
        left, found = iter(statutes), []

        async def filer() -> None:
            for statute in left:
                found.append(await self.file(statute, received_at))

        await asyncio.gather(*(filer() for _ in range(FILERS)))
        return found

    # The command

    def begin(self, *arguments: object) -> subprocess.Popen[str]:
        """Begin a command in a process of its own."""
        return subprocess.Popen(
            [PROGRAM, *map(str, arguments)],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    async def run(self, *arguments: object, code: int = 0) -> str:
        """Run a command to its end within this process; what it printed, or where it failed what it said."""
        result = await asyncio.to_thread(self._invoke, *arguments)
        assert result.exit_code == code, (result.stdout, result.stderr, result.exc_info)
        return result.stdout if code == 0 else result.stderr

    def _invoke(self, *arguments: object) -> Result:
        return CliRunner().invoke(app, [*map(str, arguments)], prog_name="shareflow", env=self.environ)

    async def json(self, *arguments: object) -> dict[str, Any]:
        """What a command prints with ``--json``."""
        found: dict[str, Any] = json.loads(await self.run(*arguments, "--json"))
        return found

    # The ledger

    def events(self, request_id: str) -> tuple[RecordedEvent, ...]:
        """The events of a case, whose chain must hold."""
        there = get_case(self.engine, request_id)
        assert there is not None
        events = events_of(self.engine, request_id)
        verify_chain(events, there.algorithm, there.head_digest)
        assert len(events) == there.seq
        return events

    def superseded(self, request_id: str) -> Counter[str]:
        """How often clocks of a case were superseded, by reason."""
        events = self.events(request_id)
        return Counter(event.data["reason"] for event in events if event.type is EventType.CLOCK_SUPERSEDED)

    @contextmanager
    def refusing(self, request_id: str) -> Iterator[None]:
        """Meanwhile the database takes nothing of a case, so that no publication that moves its limit is done."""
        with self.engine.begin() as connection:
            connection.execute(_REFUSE, {"case": request_id})
        try:
            yield
        finally:
            with self.engine.begin() as connection:
                connection.execute(_TAKE_AGAIN)

    async def count_superseded(self) -> int:
        """All clocks that were superseded here, by whatever edition."""

        def count() -> int:
            with self.engine.connect() as connection:
                found: int = connection.execute(
                    text("SELECT count(*) FROM clocks WHERE state = 'superseded'")
                ).scalar_one()
                return found

        return await asyncio.to_thread(count)


@asynccontextmanager
async def stack_apart() -> AsyncIterator[PublishStack]:
    """Start it, some five seconds; nothing of it is left afterwards."""
    with tempfile.TemporaryDirectory(prefix="shareflow-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        database = Database(folder / "pg")
        options = TemporalOptions(ports=Ports(0, None), search_attributes=SEARCH_ATTRIBUTES)
        _, server = await asyncio.gather(database.start(), start_temporal(options))
        worker = worker_process(folder, server.address, database.url)
        engine = await asyncio.to_thread(connect, database.url)
        await asyncio.to_thread(migrate, engine)
        temporal = await connect_to(server.address)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("TEMPORAL_", "SHAREFLOW_"))}
        named = {"TEMPORAL_ADDRESS": server.address, "SHAREFLOW_DATABASE_URL": database.url}
        environ = {**kept, **named, "SHAREFLOW_STATE": str(folder / "state")}
        client = ShareflowClient(temporal, engine, patience=timedelta(seconds=30))
        try:
            await worker.start()
            yield PublishStack(folder, database, worker, client, engine, environ)
        finally:
            await worker.stop()
            engine.dispose()
            await server.stop()
            await database.stop()


def now() -> datetime:
    return datetime.now(CHINA)
