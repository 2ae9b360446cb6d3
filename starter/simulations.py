"""Simulation of scenarios (推演) in a separate process, on temporary servers.

It never touches the engine or the ledger of the caller.
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
"""The time limit of an order in seconds, including the start of the servers."""
ENDING: Final = 15.0
"""Further seconds for the process to stop its servers."""

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
    """A scenario takes longer than the time limit."""


@dataclass(frozen=True)
class Example:
    """An example scenario: its name for URLs, its title, its text."""

    name: str
    title: str
    text: str


@dataclass(frozen=True)
class Simulator:
    """Plays scenarios. ``command`` carries out an order on its standard input; ``examples`` are to start from."""

    command: Sequence[str]
    examples: Callable[[], Sequence[Example]]

    async def play(self, order: SimulationOrder) -> tuple[Mapping[str, Any], ...]:
        """Play all scenarios of an order, which must be valid.

        Raises PlaysTooLong, and Unavailable if the servers do not start or a case cannot go on.
        """
        outcome = await self._outcome(order)
        if outcome.too_long:
            raise PlaysTooLong(f"Playing it takes longer than {order.seconds:.0f} s.")
        if outcome.failed is not None:
            raise Unavailable(outcome.failed)
        return outcome.plays

    async def _outcome(self, order: SimulationOrder) -> SimulationOutcome:
        """The output of the process, which gets no environment, and so none of this one's addresses and secrets."""
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
    """Stop the process if it is running; it is asked first, so that it stops its servers."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(ENDING):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
