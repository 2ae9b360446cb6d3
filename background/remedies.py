"""Remedies for what is stuck: each looks again at what holds it up, acts, and looks whether it helped.

An operator acts on what runs, never on the merits: activities are tried anew, a case is told to try again, a workflow
goes on from an earlier point. What stands in the ledger stays, and is taken over.
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
"""How long a remedy is given before it counts as of no help."""
LOOK_EVERY: Final = 0.25
SETTLED: Final = 1.5
"""Seconds for which something must have moved before it counts as recovered: what fails at once is back by then."""

NOTHING_HELD_IT: Final = "not_stuck"
NOT_FOR_THIS_CAUSE: Final = "not_for_this_cause"
NO_SUCH_POINT: Final = "no_such_point"
ENGINE_AWAY: Final = "engine_does_not_answer"
"""Why nothing was done."""


class Remedies:
    """What frees stuck subjects, in one namespace and one ledger. ``within``: how long a remedy is given."""

    def __init__(self, client: TemporalClient, ledger: Writer, within: timedelta = WITHIN) -> None:
        self._client = client
        self._engine = ledger.engine
        self._within = within

    async def look(self, subject: str, before: Sequence[Trouble] = ()) -> Sequence[Trouble]:
        """All that holds a subject up this moment, from whoever knows it first.

        What is noted, or held it up ``before``, does so until what is tried again has been answered. Raises one of
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
        """Where a subject's workflow may be reset to. Raises WorkflowGone, and one of TEMPORAL_FAILED."""
        return await points_of(self._client, await self._workflow_of(subject))

    async def retry(self, subject: str, cause: str | None, by: Acting, begun: bool = False) -> Remedied:
        """Have what holds a subject up tried again, all of it or one cause, and see whether it moves.

        ``begun``: somebody began that before and could not see what came of it.
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
        """Let a subject's workflow go on from a named point of its latest run, and see whether it moves."""
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
        """What holds a subject up; what is noted for this cause but not to be seen may be between two tries."""
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
        """Whether what was mended is gone, and stays so for a moment; else why it is still stuck.

        ``beside`` held it up as well, and was left alone. A server that does not answer meanwhile is asked again:
        something was done already.
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
    """What is left of what was mended, or has come in its place: all but what was left alone."""
    alone = {each.reason for each in beside}
    return [each for each in held if each.reason not in alone]


def _told(each: Trouble) -> str:
    code = each.reason.rpartition(": ")[2]
    error = (each.error or "").partition("\n")[0].removeprefix(f"{code}: ")
    return f"{each.reason}: {error}" if error and error not in each.reason else each.reason
