"""Playing scenarios beside other work (推演): in a process of its own, on servers that are thrown away afterwards.

Nothing of it reaches the engine or the ledger of those who asked.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.messages import Language
from domain.model import Fixed
from domain.policy import Policy
from starter.errors import Unavailable

LONGEST_PLAY: Final = 60.0
"""Seconds in which an order must be done, the start of the servers included."""
ENDING: Final = 15.0
"""Seconds that the process has besides, to end its servers."""

log = logging.getLogger("shareflow.simulations")


class SimulationOrder(Fixed):
    """What is to be played: the texts of scenarios; the policy that counts; editions of the calendar beside those of
    this version, as JSON; in how many seconds; in which language it is told what differs from what was expected."""

    scenarios: tuple[str, ...]
    policy: Policy
    editions: tuple[str, ...] = ()
    seconds: float = LONGEST_PLAY
    language: Language = "en"


class SimulationOutcome(Fixed):
    """What came of it: of each scenario what ``shareflow simulate --json`` prints, and its differences in the language
    of the order; or why nothing did."""

    plays: tuple[Mapping[str, Any], ...] = ()
    failed: str | None = None
    too_long: bool = False


class PlaysTooLong(Exception):
    """A scenario that takes more time to be played than there is here."""


@dataclass(frozen=True)
class Example:
    """A scenario to begin with: its name in an address, its title, its text."""

    name: str
    title: str
    text: str


@dataclass(frozen=True)
class Simulator:
    """Plays scenarios. ``command`` carries out an order on its standard input; ``examples`` are there to begin with."""

    command: Sequence[str]
    examples: Callable[[], Sequence[Example]]

    async def play(self, order: SimulationOrder) -> tuple[Mapping[str, Any], ...]:
        """Play all scenarios of an order, which must be such as can be read.

        Raises PlaysTooLong, and Unavailable where the servers do not start or a case cannot go on.
        """
        outcome = await self._outcome(order)
        if outcome.too_long:
            raise PlaysTooLong(f"Playing it takes longer than {order.seconds:.0f} s.")
        if outcome.failed is not None:
            raise Unavailable(outcome.failed)
        return outcome.plays

    async def _outcome(self, order: SimulationOrder) -> SimulationOutcome:
        """What the process says. It is given no environment: no address and no secret of this one's."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*self.command, stdin=pipe, stdout=pipe, stderr=pipe, env={})
        try:
            async with asyncio.timeout(order.seconds + ENDING):
                said, complaint = await process.communicate(order.model_dump_json().encode())
        except TimeoutError:
            return SimulationOutcome(too_long=True)
        finally:
            await _end(process)
        if process.returncode == 0:
            return SimulationOutcome.model_validate_json(said)
        log.error("scenario not played", extra={"exit": process.returncode, "error": complaint[-2000:].decode()})
        raise Unavailable("The scenario could not be played.")


async def _end(process: asyncio.subprocess.Process) -> None:
    """End it, if it has not; told first, it ends its servers."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(ENDING):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
