"""A case that was played up to the present and lives on from there, in real time and among all others.

Its clock is moved against the server's by as much as lies between its filing and today, and is skipped ahead by as
much again: then it shows the real time. Asked again, nothing is done twice.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Final

from embedded.demo.stories import SeededCase
from embedded.simulate.player import Player, command_of, opener_of
from embedded.simulate.sandbox import Sandbox
from embedded.simulate.skipped_case import SkippedCase
from protocol.opening import Played
from starter.engine_client import ShareflowClient
from starter.errors import InvalidInput, RequestRefused
from starter.scenarios import PlayedStep

NEAR_ENOUGH: Final = timedelta(milliseconds=50)
"""By how much a case's clock may be behind the real time in the end: less than a call takes."""
TRIES: Final = 10

log = logging.getLogger("shareflow.demonstration")


class LivingPlayer(Player):
    """Plays a case up to the present; afterwards it lives in real time, among all others."""

    def __init__(self, ground: Sandbox, seeded: SeededCase, client: ShareflowClient) -> None:
        super().__init__(ground, seeded.scenario, seeded.key)
        self.client = client

    async def live(self, held_back: int = 0) -> str:
        """File it, give its commands, and let its time come to the present; its id. What is done is not done again.

        The last commands are ``held_back`` for :meth:`give`, which gives them in the present. One that the rules refuse
        is told in the log: it may come too late after a long interruption. Raises what ``ShareflowClient.open`` raises,
        and NeedsOperator for a case whose code fails.
        """
        request_id = await self._open()
        case, steps = SkippedCase(self.ground, request_id), self.scenario.steps
        for number, step in enumerate(steps[: len(steps) - held_back], start=1):
            await self._reach(case, step.at)
            await self.give(request_id, number, step)
        if not self.ended:
            await reach_the_present(case, self.shift)
        return request_id

    async def give(self, request_id: str, number: int, step: PlayedStep) -> None:
        """Give the command of a step, as received at its instant."""
        try:
            await self.client.command(request_id, command_of(self.scenario, number, step))
        except (RequestRefused, InvalidInput) as refused:
            log.warning("a step was refused", extra={"case": self.key, "step": number, "why": str(refused)})

    async def _open(self) -> str:
        scenario = self.scenario
        self.shift = scenario.filed_at - datetime.now(UTC)
        filed = await self.client.open(
            scenario.procedure,
            scenario.named,
            scenario.request,
            opener_of(scenario),
            key=self.key,
            received_at=scenario.filed_at,
            played=Played(self.shift),
        )
        self.ended = filed.case.outcome is not None
        if filed.repeated and not self.ended:
            self.shift = await SkippedCase(self.ground, filed.case.request_id).shift()
        return filed.case.request_id


async def reach_the_present(case: SkippedCase, shift: timedelta) -> None:
    """Skip the time of a case, whose clock was moved by ``shift``, until it shows the real time."""
    for _ in range(TRIES):
        ahead = datetime.now(UTC) - (await case.now() + shift)
        if ahead <= NEAR_ENOUGH or not await case.forward(ahead):
            return
