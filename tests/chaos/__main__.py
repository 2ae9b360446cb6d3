"""``make chaos``: thousands of cases through a whole engine that is hit again and again; nothing is lost or doubled.

    python -m tests.chaos [--faults 500] [--cases 2000] [--seeds 3] [--first 20261128]

Faults and cases are of all seeds together, which follow one another from the first. What happened is written to
``tests/chaos/out/report.json``, and beside it, in a folder for each seed, when each part was hit and what the parts
wrote; the exit code is 1 where anything went wrong.
"""

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from domain.evidence import ChainBroken
from domain.log.keys import Ed25519Signer
from ledger.engine import connect
from ledger.log_book import LogBook
from protocol.connecting import connect_to
from starter.engine_client import ShareflowClient
from tests.chaos.cases import Callers, CaseGoneWrong, ChaosCase, chaos_cases, check_case, is_awaited
from tests.chaos.engine import ChaosEngine, chaos_engine
from tests.chaos.faults import Faults
from tests.engine.driving import no_workflow_failed_and_none_is_there_twice, until_in_step

FIRST_SEED: Final = 20261128
AT_ONCE: Final = 24
"""Cases that are driven at once."""
WITHIN: Final = 1_800.0
"""Seconds after which something hangs."""
SETTLED_WITHIN: Final = 120.0
OUT: Final = Path(__file__).parent / "out"
REPORT: Final = OUT / "report.json"


class Unfinished(Exception):
    """The engine went down, or stood still, so that nothing can be said of its cases."""


async def one_seed(seed: int, faults: int, number: int) -> dict[str, Any]:
    """Hit an engine while cases go through it, and look at every case. What went wrong stands under ``violations``."""
    with tempfile.TemporaryDirectory(prefix="shareflow-", ignore_cleanup_errors=True) as name:
        async with chaos_engine(Path(name)) as parts:
            engine = await asyncio.to_thread(connect, parts.database.url)
            temporal = await connect_to(parts.temporal.address)
            client = ShareflowClient(temporal, engine, patience=timedelta(seconds=5))
            chance, begun = random.Random(seed), time.monotonic()
            cases = chaos_cases(number, seed, chance)
            hitting = Faults(parts, faults, random.Random(seed))
            try:
                violations = await driven(Callers(parts, client, chance), cases, hitting)
                took = time.monotonic() - begun
                violations += await looked_at(client, cases)
            except Unfinished as error:
                took = time.monotonic() - begun
                violations = [str(error)]
            finally:
                keep_what_was_written(OUT / f"seed-{seed}", parts, hitting)
            engine.dispose()
    return {
        "seed": seed,
        "faults": hitting.counted.total(),
        "by_kind": dict(sorted(hitting.counted.items())),
        "cases": len(cases),
        "left_alone_and_late": sum(case.filed_late is not None for case in cases),
        "acknowledged": sum(bool(case.request_id) + len(case.answers) for case in cases),
        "asked_again": sum(case.repeats for case in cases),
        "seconds": round(took),
        "violations": violations,
    }


async def driven(callers: Callers, cases: Sequence[ChaosCase], hitting: Faults) -> list[str]:
    """Drive all cases, spread over all faults; what was answered in two ways. Raises Unfinished."""
    chance, turns, wrong = random.Random(len(cases)), asyncio.Semaphore(AT_ONCE), list[str]()

    async def pause() -> None:
        await asyncio.sleep(chance.uniform(0, 0.5))

    async def one(place: int, case: ChaosCase) -> None:
        while hitting.done < 0.9 * place / len(cases):  # noqa: ASYNC110 - faults have no event to wait for
            await asyncio.sleep(0.2)
        async with turns:
            try:
                await callers.drive(case, pause)
            except Exception as error:  # whatever a caller is told besides "later" is a finding
                wrong.append(f"{case.key}: {type(error).__name__}: {error}")

    try:
        async with asyncio.timeout(WITHIN), hitting.noticing_who_ends(), asyncio.TaskGroup() as group:
            group.create_task(hitting.happen())
            for place, case in enumerate(cases):
                group.create_task(one(place, case))
    except TimeoutError as error:
        raise Unfinished("; ".join([*wrong, f"something hung for more than {WITHIN:.0f} s"])) from error
    except ExceptionGroup as errors:
        raise Unfinished("; ".join([*wrong, *told_singly(errors)])) from errors
    finally:
        await callers.close()
    return wrong


def told_singly(errors: ExceptionGroup[Exception]) -> Iterator[str]:
    """Each error of a group, and of the groups in it, in one sentence."""
    for error in errors.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from told_singly(error)
        else:
            yield f"{type(error).__name__}: {error}"


def keep_what_was_written(folder: Path, parts: ChaosEngine, hitting: Faults) -> None:
    """Put away when each part was hit, and what the parts wrote, in the place of what an earlier run put there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "faults.log").write_text("\n".join(hitting.journal) + "\n", "utf-8")
    for machine in parts.machines:
        shutil.copyfile(machine.log, folder / f"{machine.name}.log")


async def looked_at(client: ShareflowClient, cases: Sequence[ChaosCase]) -> list[str]:
    """What is wrong with the cases, the workflows and the log, once all has settled."""
    there, wrong, events = [case for case in cases if case.request_id], list[str](), dict[str, int]()
    try:
        await settled(client, there)
    except (TimeoutError, AssertionError) as error:
        wrong.append(f"it does not settle: {type(error).__name__} {error}")
    for case in there:
        try:
            events[case.request_id] = len(await check_case(client, case))
        except (CaseGoneWrong, ChainBroken) as error:
            wrong.append(str(error))
    return wrong + await asyncio.to_thread(not_in_the_log, LogBook(client.reader.engine), events)


async def settled(client: ShareflowClient, cases: Sequence[ChaosCase]) -> None:
    """Until ledger and Temporal agree, nothing is parked and time has done what it owes. Raises what a check does."""
    await until_in_step(client, cases)
    await no_workflow_failed_and_none_is_there_twice(client.temporal, cases)
    async with asyncio.timeout(SETTLED_WITHIN):
        for case in cases:
            while await asyncio.to_thread(is_awaited, client.reader.engine, case):  # noqa: ASYNC110
                await asyncio.sleep(1)


def not_in_the_log(book: LogBook, events: Mapping[str, int]) -> list[str]:
    """Which cases have events, so many each, of which a checkpoint that is made now has not all."""
    book.checkpoint(Ed25519Signer("shareflow/chaos", bytes(32)), datetime.now(UTC))
    newest = book.newest_checkpoint()
    assert newest is not None
    return [
        f"{request_id}: not all of its events stand in the log"
        for request_id, number in events.items()
        if len(book.inclusion(request_id, newest.size)) < number
    ]


def share(number: int, turn: int, turns: int) -> int:
    """What falls to one of so many turns, which together do all."""
    return number * (turn + 1) // turns - number * turn // turns


def main() -> None:
    """Hit engines as the command line says."""
    asked = argparse.ArgumentParser(prog="python -m tests.chaos")
    asked.add_argument("--faults", type=int, default=500)
    asked.add_argument("--cases", type=int, default=2_000)
    asked.add_argument("--seeds", type=int, default=3)
    asked.add_argument("--first", type=int, default=FIRST_SEED, help="the first of the seeds")
    said = asked.parse_args()
    reports = []
    for number in range(said.seeds):
        faults, cases = (share(all_of_them, number, said.seeds) for all_of_them in (said.faults, said.cases))
        report = asyncio.run(one_seed(said.first + number, faults, cases))
        reports.append(report)
        print(json.dumps(report, ensure_ascii=False, indent=2), flush=True)
        REPORT.write_text(json.dumps(reports, ensure_ascii=False, indent=2) + "\n", "utf-8")
    sys.exit(any(report["violations"] for report in reports))


if __name__ == "__main__":
    main()
