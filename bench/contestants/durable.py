"""DBOS: one long workflow a case, which waits for each message, writes the same rows and answers.

Workflows and callers are threads, which is DBOS's shortest way; what it keeps of workflows is in a database of its own
on the same server.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from dbos import DBOS, DBOSConfig, SetWorkflowID
from psycopg2.pool import ThreadedConnectionPool

from bench.contestants import rows
from bench.contestants.lean import COMMANDS, FILING
from bench.contestants.racing import AT_ONCE

SECONDS = 60


class Durable:
    """Cases as DBOS workflows."""

    def __init__(self, statements: rows.Statements, pool: ThreadedConnectionPool) -> None:
        self._callers = ThreadPoolExecutor(AT_ONCE)

        def write(number: int, case: str) -> None:
            connection = pool.getconn()
            try:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(statements.of(number, case))
            finally:
                pool.putconn(connection)

        step = DBOS.step()(write)

        def durable_case(_: dict[str, Any]) -> None:
            case = DBOS.workflow_id
            assert case is not None
            for number in range(len(statements)):
                if number:
                    assert DBOS.recv(timeout_seconds=SECONDS) is not None
                step(number, case)
                DBOS.set_event(str(number), number)

        self._start = DBOS.workflow()(durable_case)

    async def case(self) -> None:
        """One whole case."""
        await asyncio.get_running_loop().run_in_executor(self._callers, self._one)

    def _one(self) -> None:
        case = rows.new_case()
        with SetWorkflowID(case):
            DBOS.start_workflow(self._start, FILING)
        assert DBOS.get_event(case, "0", SECONDS) == 0
        for number, command in enumerate(COMMANDS, start=1):
            DBOS.send(case, command)
            assert DBOS.get_event(case, str(number), SECONDS) == number


@asynccontextmanager
async def durable(_: str, ledger: str, recorded: Path) -> AsyncIterator[Durable]:
    """DBOS, and no Temporal."""
    statements = await asyncio.to_thread(rows.Statements, ledger, "durable", recorded)
    system = urlunsplit(urlsplit(ledger)._replace(path="/durable"))
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": system,
        "log_level": "ERROR",
        "sys_db_pool_size": 2 * AT_ONCE,
    }
    pool = ThreadedConnectionPool(1, 2 * AT_ONCE, ledger)
    DBOS(config=config)
    cases = Durable(statements, pool)
    await asyncio.to_thread(DBOS.launch)
    try:
        yield cases
    finally:
        await asyncio.to_thread(DBOS.destroy)
        pool.closeall()
