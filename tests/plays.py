"""The scenario files, and their plays: on paper, and on a real server once a session, a few at a time.

In the short form the real server plays those that together show all that the others do (``tests/representatives.py``).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from domain.words import ProcedureName
from embedded.simulate.player import PlayedCase, Player
from embedded.simulate.sandbox import Sandbox
from ledger.queries.cases import get_case
from ledger.queries.views import CaseDetail
from starter.scenarios import PlayedStep, Scenario, read_scenario
from tests.forms import WHOLE
from tests.pure_play import PurePlay, play_purely
from tests.representatives import representatives

FOLDER = Path(__file__).parent / "scenarios"
FILES = sorted(FOLDER.glob("*/*.yaml"))
AT_ONCE = 6
IMPASSE = FOLDER / "nantong-2020/refused-late-then-impasse.yaml"
Plays = dict[Path, asyncio.Task[PlayedCase]]


@cache
def scenario_of(path: Path) -> Scenario:
    """What a file says; each is read once."""
    return read_scenario(path)


@cache
def on_paper(path: Path) -> PurePlay:
    """What comes of a file in pure Python; each is played once."""
    return play_purely(scenario_of(path))


@pytest.fixture(scope="session")
def details() -> dict[str, CaseDetail]:
    """What the ledger has of each case when its play ends; one that is open lives on, and time may do more to it."""
    return {}


@pytest.fixture(scope="session")
async def plays(
    ground: Sandbox, details: dict[str, CaseDetail], request: pytest.FixtureRequest
) -> AsyncIterator[Plays]:
    """The plays, on the real server, of all files that the collected tests ask for, a few at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def play(path: Path) -> PlayedCase:
        async with gate:
            played = await Player(ground, scenario_of(path)).play()
            detail = await asyncio.to_thread(get_case, ground.engine, played.request_id) if played.request_id else None
        if detail is not None:
            details[name_of(path)] = detail
        return played

    tasks = {path: asyncio.create_task(play(path)) for path in _asked_for(request.session.items)}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


def _asked_for(items: Iterable[pytest.Item]) -> list[Path]:
    """What this form plays, or those alone whose own tests were chosen on the command line."""
    tested: set[Path] = set()
    needed: set[Path] = set()
    together = False
    for item in items:
        names = getattr(item, "fixturenames", ())
        together = together or "real_plays" in names
        callspec = getattr(item, "callspec", None)
        path = callspec.params.get("path") if callspec else None
        if "plays" in names and path is None:
            needed.add(IMPASSE)
        elif "plays" in names:
            tested.add(path)
    if tested.issuperset(FILES):
        together, tested = True, set()
    if together:
        needed |= {*FILES} if WHOLE else {*representatives({path: on_paper(path) for path in FILES}, beside=needed)}
    return [path for path in FILES if path in needed | tested]


@pytest.fixture(scope="session")
async def real_plays(plays: Plays) -> dict[str, PlayedCase]:
    """The plays on the real server by the name of their file, such as ``nantong-2020/declined-with-reason``."""
    return {name_of(path): await task for path, task in plays.items()}


@pytest.fixture(scope="session")
def every_play(real_plays: dict[str, PlayedCase]) -> dict[str, PlayedCase]:
    """What came of every file: on the real server, and on paper for those that this form does not play there."""
    return {name_of(path): real_plays.get(name_of(path)) or on_paper(path).played for path in FILES}


def name_of(path: Path) -> str:
    """How a scenario is called: folder and file, without the ending."""
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
