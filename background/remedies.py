"""Remedies for what is stuck: each checks the cause again, acts, and checks whether it helped.

Operators act on the running engine, never on the merits: activities are retried, a case is told to retry, a workflow is
reset to an earlier point. What is in the ledger stays, and is taken over.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from background.stuck import WORKFLOW_MISSING, held_before, trouble
from background.webhooks.queries.failing import webhooks_failing
from background.webhooks.queries.subscriptions import WebhookState, change_webhook
from domain.log.acts import Acting
from domain.stuck import REMEDIES, WEBHOOK, Remedied, Remedy, RemedyResult, StuckKind, Trouble
from ledger.queries.cases import get_case
from ledger.queries.operations import held_up_are
from ledger.queries.stuck import troubles_of
from ledger.writer import Writer
from protocol.asking import TEMPORAL_FAILED, WorkflowGone
from protocol.connecting import TemporalClient
from protocol.held_up import what_holds
from protocol.mending import LAST, NoSuchPoint, Point, activities_anew, points_of, reset_to, try_again
from protocol.names import workflow_id

log = logging.getLogger("shareflow.remedies")

WITHIN: Final = timedelta(seconds=10)
"""How long to wait for a remedy to help."""
LOOK_EVERY: Final = 0.25
SETTLED: Final = 1.5
"""Seconds for which a subject must not be stuck to count as recovered; what fails at once is back by then."""

NOTHING_HELD_IT: Final = "not_stuck"
NOT_FOR_THIS_CAUSE: Final = "not_for_this_cause"
NO_SUCH_POINT: Final = "no_such_point"
ENGINE_AWAY: Final = "engine_does_not_answer"
"""The reason given if nothing was done."""


class Remedies:
    """The remedies in one namespace and one ledger. ``within``: how long to wait for one to help."""

    def __init__(self, client: TemporalClient, ledger: Writer, within: timedelta = WITHIN) -> None:
        self._client = client
        self._engine = ledger.engine
        self._within = within

    async def look(self, subject: str, before: Sequence[Trouble] = ()) -> Sequence[Trouble]:
        """All current troubles of a subject, from whichever source knows them first.

        Recorded troubles, and those ``before``, remain until the retry has been answered. Raises one of
        TEMPORAL_FAILED.
        """
        noted = await asyncio.to_thread(troubles_of, self._engine, subject)
        if subject.startswith(WEBHOOK):
            return [each for each in await asyncio.to_thread(webhooks_failing, self._engine) if each.subject == subject]
        if ":" in subject:
            return noted
        kept = [each for each in noted if each.kind in (StuckKind.OVERDUE, StuckKind.MISSING)]
        try:
            name = await self._workflow_of(subject)
            known = held_before([*noted, *before])
            now = [trouble(name, each) for each in await what_holds(self._client, name, known)]
        except WorkflowGone:
            return kept
        return [*now, *(each for each in kept if each.kind is StuckKind.OVERDUE)]

    async def points(self, subject: str) -> Sequence[Point]:
        """The points for a reset of a subject's workflow. Raises WorkflowGone, or one of TEMPORAL_FAILED."""
        return await points_of(self._client, await self._workflow_of(subject))

    async def retry(self, subject: str, cause: str | None, by: Acting, begun: bool = False) -> Remedied:
        """Retry a subject, for all causes or for one, and see whether it recovers.

        ``begun``: the retry was begun before, but its result was not seen.
        """
        try:
            whole = await self._held(subject, cause)
            held = [each for each in whole if cause in (None, each.cause)]
            mended = [each for each in held if Remedy.RETRY in REMEDIES[each.kind]]
            if not held and begun:
                return Remedied(RemedyResult.RECOVERED)
            if not held:
                return Remedied(RemedyResult.NOT_EXECUTED, NOTHING_HELD_IT)
            if not mended:
                return Remedied(RemedyResult.NOT_EXECUTED, NOT_FOR_THIS_CAUSE)
            await self._try_again(subject, mended, by)
            return await self._seen(subject, mended, beside=[each for each in whole if each not in mended])
        except WorkflowGone:
            return Remedied(RemedyResult.NOT_EXECUTED, WORKFLOW_MISSING)
        except TEMPORAL_FAILED as error:
            log.warning("remedy not executed", extra={"subject": subject, "error": f"{type(error).__name__}: {error}"})
            return Remedied(RemedyResult.NOT_EXECUTED, ENGINE_AWAY)

    async def reset(self, subject: str, point: str, why: str) -> Remedied:
        """Reset a subject's workflow to a named point of its latest run, and see whether it recovers."""
        try:
            held = await self.look(subject)
            if not held:
                return Remedied(RemedyResult.NOT_EXECUTED, NOTHING_HELD_IT)
            mended = [each for each in held if Remedy.RESET in REMEDIES[each.kind]]
            if not mended:
                return Remedied(RemedyResult.NOT_EXECUTED, NOT_FOR_THIS_CAUSE)
            await reset_to(self._client, await self._workflow_of(subject), point, why)
            return await self._seen(subject, mended, beside=[each for each in held if each not in mended])
        except NoSuchPoint:
            return Remedied(RemedyResult.NOT_EXECUTED, NO_SUCH_POINT)
        except WorkflowGone:
            return Remedied(RemedyResult.NOT_EXECUTED, WORKFLOW_MISSING)
        except TEMPORAL_FAILED as error:
            log.warning("remedy not executed", extra={"subject": subject, "error": f"{type(error).__name__}: {error}"})
            return Remedied(RemedyResult.NOT_EXECUTED, ENGINE_AWAY)

    async def _held(self, subject: str, cause: str | None) -> Sequence[Trouble]:
        """The troubles of a subject; a recorded one of this cause that is not visible now may be between two tries."""
        begun = time.monotonic()
        while True:
            held = await self.look(subject)
            if any(cause in (None, each.cause) for each in held) or time.monotonic() - begun >= SETTLED:
                return held
            noted = await asyncio.to_thread(troubles_of, self._engine, subject)
            if not any(cause in (None, each.cause) for each in noted):
                return held
            await asyncio.sleep(LOOK_EVERY)

    async def _try_again(self, subject: str, held: Sequence[Trouble], by: Acting) -> None:
        if subject.startswith(WEBHOOK):
            now, webhook_id = datetime.now(UTC), subject.removeprefix(WEBHOOK)
            await asyncio.to_thread(change_webhook, self._engine, webhook_id, by, now, {}, WebhookState.ACTIVE)
            return
        name = await self._workflow_of(subject)
        await activities_anew(self._client, name)
        for each in held:
            if each.kind in (StuckKind.PARKED, StuckKind.OPENING_WAITS):
                await try_again(self._client, name, each.reason)
        if any(each.kind is StuckKind.TASK_FAILING for each in held):
            await reset_to(self._client, name, LAST, "retried")

    async def _seen(self, subject: str, mended: Sequence[Trouble], beside: Sequence[Trouble]) -> Remedied:
        """Whether the mended troubles are gone and stay so for a moment; otherwise why it is still stuck.

        ``beside``: other troubles, which were left alone. A server that does not answer is asked again, because
        something has been done already.
        """
        begun, moves_since = time.monotonic(), None
        held: Sequence[Trouble] | None = None
        while time.monotonic() - begun < self._within.total_seconds():
            await asyncio.sleep(LOOK_EVERY)
            with suppress(*TEMPORAL_FAILED):
                held = [each for each in await self.look(subject, mended) if each.kind is not StuckKind.OVERDUE]
            if held is None:
                continue
            if _left(held, beside):
                moves_since = None
            elif moves_since is None:
                moves_since = time.monotonic()
            elif time.monotonic() - moves_since >= SETTLED:
                break
        if held is None:
            return Remedied(RemedyResult.STILL_STUCK, ENGINE_AWAY)
        if ":" not in subject:
            await asyncio.to_thread(held_up_are, self._engine, subject, held, WORKFLOW_MISSING)
        left = _left(held, beside)
        if not left:
            return Remedied(RemedyResult.RECOVERED)
        return Remedied(RemedyResult.STILL_STUCK, "; ".join(_told(each) for each in left))

    async def _workflow_of(self, subject: str) -> str:
        if "/" in subject:
            return subject
        case = await asyncio.to_thread(get_case, self._engine, subject)
        return case.workflow_id if case is not None else workflow_id(subject)


def _left(held: Sequence[Trouble], beside: Sequence[Trouble]) -> list[Trouble]:
    """The mended troubles that remain, and new ones; without those that were left alone."""
    alone = {each.reason for each in beside}
    return [each for each in held if each.reason not in alone]


def _told(each: Trouble) -> str:
    code = each.reason.rpartition(": ")[2]
    error = (each.error or "").partition("\n")[0].removeprefix(f"{code}: ")
    return f"{each.reason}: {error}" if error and error not in each.reason else each.reason
