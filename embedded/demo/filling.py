"""A new engine is filled with the cases of the demonstration, several at once, then with what is stuck."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from embedded.demo.living import LivingPlayer
from embedded.demo.office_system import OfficeSystem
from embedded.demo.stories import SeededCase, seeded_cases, suspended_cases
from embedded.demo.troubles import rectification_cannot_be_opened
from embedded.simulate.sandbox import Sandbox
from starter.engine_client import ShareflowClient

AT_ONCE: Final = 8
"""How many cases are played at the same time."""
PATIENCE: Final = timedelta(seconds=60)

log = logging.getLogger("shareflow.demonstration")


@dataclass
class Filling:
    """How far the filling has come: so many of all are there. ``failed``: the keys of those that could not be."""

    all: int
    there: int = 0
    failed: list[str] = field(default_factory=list)


async def fill(
    ground: Sandbox,
    reckoned_from: datetime,
    tell: Callable[[Filling], None],
    cases: Sequence[SeededCase] | None = None,
    stuck: Sequence[SeededCase] | None = None,
    office: OfficeSystem | None = None,
) -> Filling:
    """Fill in cases, and those that are to be stuck, as reckoned from an instant (None: all of them).

    The system of an ``office``, where there is one, has not been told of its cases then.

    ``tell`` hears of each that is there. Whatever keeps a case from being there is logged, and all others are filled
    in. Asked again, what is there stays as it is and the rest is filled in.
    """
    cases = seeded_cases(reckoned_from) if cases is None else cases
    stuck = suspended_cases(reckoned_from) if stuck is None else stuck
    filling = Filling(len(cases) + len(stuck))
    client = ShareflowClient(ground.temporal, ground.engine, patience=PATIENCE)
    room = asyncio.Semaphore(AT_ONCE)

    async def be_there(key: str, work: Callable[[], Awaitable[object]]) -> None:
        async with room:
            try:
                await work()
            except Exception as error:  # one that fails keeps no other from being filled in
                filling.failed.append(key)
                log.error("not filled in", extra={"case": key, "error": f"{type(error).__name__}: {error}"})
            else:
                filling.there += 1
        tell(filling)

    try:
        await asyncio.gather(*(be_there(case.key, LivingPlayer(ground, case, client).live) for case in cases))
        held_up = partial(rectification_cannot_be_opened, ground, client)
        await asyncio.gather(*(be_there(case.key, partial(held_up, case, reckoned_from)) for case in stuck))
        if office is not None:
            await office.was_moved(client.writer, reckoned_from)
    finally:
        await client.close()
    return filling
