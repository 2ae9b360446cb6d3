"""The scenario files, and their plays: each file is played once a session, a few at a time."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

import pytest

from domain.words import (
    ProcedureName,
)
from embedded.simulate.player import PlayedCase, Player
from embedded.simulate.sandbox import Sandbox
from embedded.simulate.scenario import PlayedStep, read_scenario

FOLDER = Path(__file__).parent / "scenarios"
FILES = sorted(FOLDER.glob("*/*.yaml"))
AT_ONCE = 6
IMPASSE = FOLDER / "nantong-2020/refused-late-then-impasse.yaml"
Plays = dict[Path, asyncio.Task[PlayedCase]]


@pytest.fixture(scope="session")
async def plays(ground: Sandbox, request: pytest.FixtureRequest) -> AsyncIterator[Plays]:
    """The plays of all files that the collected tests ask for, a few at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def play(path: Path) -> PlayedCase:
        async with gate:
            return await Player(ground, read_scenario(path)).play()

    tasks = {path: asyncio.create_task(play(path)) for path in _asked_for(request.session.items)}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


def _asked_for(items: Iterable[pytest.Item]) -> list[Path]:
    """All files, or those alone whose own tests were chosen on the command line."""
    chosen: set[Path] = set()
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "every_play" in names:
            return FILES
        if "plays" in names:
            callspec = getattr(item, "callspec", None)
            chosen.add(callspec.params.get("path", IMPASSE) if callspec else IMPASSE)
    return [path for path in FILES if path in chosen]


@pytest.fixture(scope="session")
async def every_play(plays: Plays) -> dict[str, PlayedCase]:
    """All plays by the name of their file, such as ``nantong-2020/declined-with-reason``."""
    return {name_of(path): await task for path, task in plays.items()}


def name_of(path: Path) -> str:
    """How a scenario is called: statute and file, without the ending."""
    return path.relative_to(FOLDER).with_suffix("").as_posix()


def under(every_play: dict[str, PlayedCase], statute: str) -> list[PlayedCase]:
    """The plays of share requests under a statute."""
    return [
        played
        for played in every_play.values()
        if played.scenario.statute == statute and played.scenario.procedure is ProcedureName.SHARE_REQUEST
    ]


def carried_out(played: PlayedCase) -> Iterator[PlayedStep]:
    refused = {step.step for step in played.refused}
    return (step for number, step in enumerate(played.scenario.steps, start=1) if number not in refused)
