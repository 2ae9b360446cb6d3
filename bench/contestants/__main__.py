"""One contestant in a process of its own: ``python -m bench.contestants NAME TEMPORAL LEDGER RECORDED``.

It says ``ready``, then answers each line of standard input with one line of JSON: a number plays so many cases,
``record`` and ``happy`` are for Shareflow alone, an empty line ends it.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final

from bench.contestants.racing import raced
from configuration.event_loop import fast_loop
from configuration.memory import settle_memory

MakeContestant = Callable[[str, str, Path], AbstractAsyncContextManager[Any]]
"""From the addresses of Temporal and the ledger, and the file of recorded rows, to whoever plays cases."""


def maker(name: str) -> MakeContestant:
    """What makes a contestant. Imported here: it loads nothing of the others. Raises ValueError for a name of none."""
    match name:
        case "shareflow":
            from bench.contestants.shareflow import in_one_process

            return in_one_process
        case "worker_process":
            from bench.contestants.shareflow import with_worker_process

            return with_worker_process
        case "lean":
            from bench.contestants.lean import lean

            return lean
        case "bare":
            from bench.contestants.lean import bare

            return bare
        case "dbos":
            from bench.contestants.durable import durable

            return durable
        case _:
            raise ValueError(f"There is no contestant {name}.")


MARK: Final = "bench: "
"""Before each answer: libraries too write to standard output."""


async def serve(name: str, temporal: str, ledger: str, recorded: Path) -> None:
    """Start, say so, and do as told."""
    async with maker(name)(temporal, ledger, recorded) as contestant:
        settle_memory()  # as a worker in production does: nobody has that alone
        _say({"ready": name})
        while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
            _say(await _answer(contestant, line, recorded))


async def _answer(contestant: Any, line: str, recorded: Path) -> dict[str, Any]:
    if line == "record":
        return {"case": await contestant.recorded(recorded)}
    if line == "happy":
        return {"case": await contestant.happy()}
    return {"seconds": await raced(contestant.case, int(line))}


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(MARK + json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=fast_loop()) as runner:  # as a worker in production does: everybody has it
        runner.run(serve(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])))
