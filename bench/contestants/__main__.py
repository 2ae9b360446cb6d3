"""One contestant in a process of its own: ``python -m bench.contestants NAME TEMPORAL LEDGER RECORDED``.

It says ``ready``, then answers each line of standard input with one line of JSON: a number plays so many cases,
``record`` and ``happy`` are for Shareflow alone, an empty line ends it.
"""

import asyncio
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from bench.contestants.racing import raced

MAKERS: Final = {
    "shareflow": ("bench.contestants.shareflow", "in_one_process"),
    "worker_process": ("bench.contestants.shareflow", "with_worker_process"),
    "lean": ("bench.contestants.lean", "lean"),
    "bare": ("bench.contestants.lean", "bare"),
    "dbos": ("bench.contestants.durable", "durable"),
}
"""Where each is made; a contestant loads nothing of the others."""

MARK: Final = "bench: "
"""Before each answer: libraries too write to standard output."""


async def serve(name: str, temporal: str, ledger: str, recorded: Path) -> None:
    """Start, say so, and do as told."""
    module, maker = MAKERS[name]
    async with getattr(import_module(module), maker)(temporal, ledger, recorded) as contestant:
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
    asyncio.run(serve(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])))
