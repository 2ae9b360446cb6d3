"""Shareflow beside the floor of the same job, the bare engine and DBOS, on the same servers, in turns.

One case is a filing and four commands; 16 callers never pause. ``of_lean_temporal``: Shareflow's rate of whole cases
divided by that of the leanest that writes the same rows; ``of_bare_temporal``: by that of workflows which take the same
messages and do nothing; ``of_dbos``: by that of DBOS. ``cpu_of_lean``: the processor time of a case, all processes
together. What is printed besides says where it goes.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Final

from temporalio.client import Client

from bench.cases import MESSAGES
from bench.field import Field, dbos_is_here, field
from bench.histories import events_and_bytes, table_bytes
from bench.rounds import Round, Sample, ratio, there, turned, typical, undisturbed
from protocol.connecting import COMPRESSION

CASES: Final = {False: 48, True: 64}
"""How many cases a turn is, on a file and in memory."""
ROUNDS: Final = 5
"""How many undisturbed rounds are wanted."""
AT_MOST_SECONDS: Final = {False: 130.0, True: 50.0}
KINDS: Final = ("python", "temporal", "postgresql")

Figures = dict[str, float]


def cpu(turn: Sample) -> float:
    """Milliseconds of processor time a message, all processes together."""
    return turn.cpu_a_case / MESSAGES * 1000


async def played(there_: Field, in_memory: bool) -> Sequence[Round]:
    """Round after round, until enough are undisturbed or the time is over."""
    rounds: list[Round] = []
    names = list(there_.contestants)
    begun = time.monotonic()
    while len(undisturbed(rounds, *names)) < ROUNDS and time.monotonic() - begun < AT_MOST_SECONDS[in_memory]:
        turns = {}
        for name in turned(names, len(rounds)):
            turns[name] = await there_.contestants[name].turn(CASES[in_memory], there_.ours)
        rounds.append(turns)
        _tell(turns, in_memory)
    return rounds


def _tell(turns: Round, in_memory: bool) -> None:
    told = "  ".join(
        f"{name} {turn.rate:.1f}/s {cpu(turn):.1f}ms{' (disturbed)' if turn.disturbed else ''}"
        for name, turn in sorted(turns.items())
    )
    sys.stderr.write(f"{'in memory' if in_memory else 'on a file'}: {told}\n")


def compared(rounds: Sequence[Round], suffix: str) -> Figures:
    """Rates, ratios and processor time of everybody who took part."""
    names = list(rounds[0]) if rounds else []
    found: dict[str, float | None] = {}
    for other, called in (("lean", "of_lean_temporal"), ("bare", "of_bare_temporal"), ("dbos", "of_dbos")):
        found[called] = ratio(rounds, "shareflow", other, lambda turn: turn.rate)
    found["worker_process_of_lean_temporal"] = ratio(rounds, "worker_process", "lean", lambda turn: turn.rate)
    found["cpu_of_lean"] = ratio(rounds, "shareflow", "lean", cpu)
    for name in names:
        found[f"{name}_cases_per_second"] = typical(rounds, name, lambda turn: turn.rate)
        for kind in KINDS:
            found[f"{name}_{kind}_cpu_ms_a_message"] = typical(rounds, name, partial(of, kind))
    found["rounds"] = len(rounds)
    found["rounds_disturbed"] = len(there(rounds, *names)) - len(undisturbed(rounds, *names))
    return {f"{name}{suffix}": value for name, value in found.items() if value is not None}


def of(kind: str, turn: Sample) -> float:
    """Milliseconds of processor time a message, of one kind of process."""
    return turn.cpu.get(kind, 0.0) / turn.cases / MESSAGES * 1000


async def _on_a_file() -> Figures:
    names = ("lean", "bare", *(("dbos",) if dbos_is_here() else ()), "worker_process")
    async with field(False, names) as there_:
        before, lean_before = table_bytes(there_.ledger), table_bytes(there_.ledger, "lean")
        rounds = await played(there_, False)
        cases = CASES[False] * len(rounds)
        client = await Client.connect(there_.temporal, grpc_compression=COMPRESSION)
        happy = (await there_.contestants["shareflow"].ask("happy"))["case"]
        events, _ = await events_and_bytes(client, happy)
        events_of_case, bytes_of_case = await events_and_bytes(client, there_.recorded_case)
        return {
            **compared(rounds, ""),
            "history_events_happy_case": events,
            "history_events_per_case": events_of_case,
            "history_bytes_per_case": bytes_of_case,
            "ledger_bytes_per_case": round((table_bytes(there_.ledger) - before) / cases),
            "lean_ledger_bytes_per_case": round((table_bytes(there_.ledger, "lean") - lean_before) / cases),
        }


async def _in_memory() -> Figures:
    async with field(True, ("lean", "bare")) as there_:
        return compared(await played(there_, True), "_in_memory")


async def _measure() -> Figures:
    return {**await _on_a_file(), **await _in_memory()}


def run() -> Figures:
    """Measure and return the figures."""
    if not dbos_is_here():
        sys.stderr.write("DBOS is not installed (extra `bench`): its figure is left out.\n")
    return asyncio.run(_measure())
