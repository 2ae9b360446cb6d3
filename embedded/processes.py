"""Processes that ``shareflow up`` runs beside itself: each is started again when it dies, and none is left behind."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_SECONDS = 60.0
"""One that ran so long was well: if it dies, the pauses begin anew."""
STOP_SECONDS = 75.0
"""How long one that was asked to end may finish what it has begun; a worker takes a minute at most."""

log = logging.getLogger("shareflow.up")


@dataclass(frozen=True)
class Program:
    """What to run, and under which environment. It says one line on standard output when it is ready.

    Its standard input is held open while it is wanted: when that ends, whoever ran it is gone, and it should end too.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


class EndedAtStart(Exception):
    """A program ended before it was ready; ``code`` is its exit code, negative for a signal."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"The {name} ended while it started (exit code {code}).")
        self.code = code


@asynccontextmanager
async def supervised(programs: Sequence[Program], stop: asyncio.Event) -> AsyncIterator[None]:
    """Run programs while inside; inside, all are ready, unless ``stop`` was set meanwhile.

    Leaving ends the last of them first and then the others, each when it has finished what it had begun. Raises
    EndedAtStart for one that never became ready.
    """
    kept = [_Kept(program) for program in programs]
    try:
        await _ready(kept, stop)
        yield
    finally:
        for group in (kept[-1:], kept[:-1]):
            await asyncio.gather(*(each.end() for each in group))


async def _ready(kept: Sequence["_Kept"], stop: asyncio.Event) -> None:
    stopping = asyncio.create_task(stop.wait())
    waiting: set[asyncio.Future[Any]] = {each.ready for each in kept}
    try:
        while waiting and not stop.is_set():
            await asyncio.wait({stopping, *waiting}, return_when=asyncio.FIRST_COMPLETED)
            for each in [each for each in waiting if each.done()]:
                each.result()
                waiting.remove(each)
    finally:
        stopping.cancel()


class _Kept:
    """One program, kept running. ``ready`` is done when it first was, or fails with EndedAtStart."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keeping = asyncio.create_task(self._keep())

    async def end(self) -> None:
        """Ask it to end and wait until it has."""
        self._keeping.cancel()
        await asyncio.gather(self._keeping, return_exceptions=True)
        if self.ready.done():
            self.ready.exception()  # several may have failed, and one was told

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while True:
            begun = time.monotonic()
            try:
                code = await self._run()
            except OSError as error:  # the system has no room for another process
                code = error.errno or 1
            if not self.ready.done():
                self.ready.set_exception(EndedAtStart(self._program.name, code))
                return
            if time.monotonic() - begun > STEADY_SECONDS:
                pause = FIRST_PAUSE
            log.error(
                "ended by itself, is started again",
                extra={"program": self._program.name, "code": code, "pause_seconds": pause},
            )
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _run(self) -> int:
        """Run it once; its exit code. Cancelled, it is ended first."""
        # A session of its own: Ctrl-C reaches us alone, and we end the doors before the workers.
        process = await asyncio.create_subprocess_exec(
            *self._program.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=dict(self._program.environment),
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            while await process.stdout.readline():
                if not self.ready.done():
                    self.ready.set_result(None)
                    log.info("ready", extra={"program": self._program.name, "pid": process.pid})
            return await process.wait()
        finally:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
