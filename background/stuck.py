"""The watch over what is stuck (卡住的流程): one of the workers looks, and records what it finds in the ledger.

Most of it comes from Temporal: a case says in a search attribute why it is stuck, and the server reports failing
workflow tasks, paused activities and the pollers of queues. Undelivered webhooks and overdue limits are in the ledger.
"""

import asyncio
import logging
import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from background.webhooks.queries.failing import webhooks_failing
from domain.stuck import QUEUE, REMEDIES, VERSION, Remedy, StuckKind, Trouble, cause_of
from ledger.engine import Engine
from ledger.queries.operations import Found, note_watched, parked_are, parked_now, take_watch
from protocol.asking import TEMPORAL_FAILED, WorkflowGone
from protocol.connecting import TemporalClient
from protocol.held_up import HeldUp, NotMoving, aside, not_moving, what_holds
from protocol.names import TASK_QUEUE, request_id_of, workflow_id
from protocol.pollers import is_polled, versions_waiting

log = logging.getLogger("shareflow.stuck")

WORKFLOW_MISSING: Final = "workflow_missing"
"""The reason of an open case in the ledger without a workflow in Temporal; found by the reconciliation."""
EVERY: Final = timedelta(seconds=15)
LEASE: Final = timedelta(seconds=35)
"""After this silence of the watching worker another one takes over."""
LOOKED_AGAIN: Final = timedelta(minutes=5)
"""How long details of a trouble, such as its last error, are not asked for again."""
LOOKED_INTO: Final = 200
"""Workflows described in one round; the remaining ones follow in the next rounds."""
AT_ONCE: Final = 8


async def held_up(client: TemporalClient) -> list[Trouble]:
    """What Temporal lists as stuck, without details."""
    return [trouble(each.workflow_id, reason, False) async for each in not_moving(client) for reason in each.reasons]


async def note_what_is_held_up(client: TemporalClient, engine: Engine) -> None:
    """One round of the watch: record in the ledger what is stuck now, and why."""
    before = await asyncio.to_thread(parked_now, engine, WORKFLOW_MISSING, LOOKED_AGAIN)
    listed = [each async for each in not_moving(client)]
    beside = await aside(client)
    listed += [NotMoving(workflow_id, ()) for workflow_id in beside.workflow_ids]
    listed += _listed_no_more(listed, (subject for subject, _ in before))
    found = await _looked_into(client, listed, before)
    found += await _queues(client, {TASK_QUEUE: 0, **beside.queues})
    found += await _versions(client)
    found += await asyncio.to_thread(webhooks_failing, engine)
    await asyncio.to_thread(parked_are, engine, found, before)
    await asyncio.to_thread(note_watched, engine)


def _listed_no_more(listed: Iterable[NotMoving], noted: Iterable[str]) -> list[NotMoving]:
    """What was stuck and is in no list now: it recovered, or a retry has not been answered yet."""
    gone = set(noted).difference(request_id_of(each.workflow_id) for each in listed)
    names = [subject if "/" in subject else workflow_id(subject) for subject in sorted(gone) if ":" not in subject]
    return [NotMoving(name, ()) for name in names]


async def _looked_into(client: TemporalClient, listed: Iterable[NotMoving], before: Found) -> list[Trouble]:
    """Their troubles: for a number of new ones, details from Temporal; for the others, what is known already."""
    found, fresh = list[Trouble](), list[NotMoving]()
    for each in listed:
        known = [before.get((request_id_of(each.workflow_id), reason.reason)) for reason in each.reasons]
        if known and all(one is not None and one.looked for one in known):
            found += [one for one in known if one is not None]
        elif len(fresh) < LOOKED_INTO:
            fresh.append(each)
        else:
            found += [trouble(each.workflow_id, reason, False) for reason in each.reasons]
    room = asyncio.Semaphore(AT_ONCE)
    of_subject = dict[str, list[Trouble]]()
    for (subject, _), one in before.items():
        of_subject.setdefault(subject, []).append(one)

    def noted(each: NotMoving) -> tuple[HeldUp, ...]:
        return held_before(of_subject.get(request_id_of(each.workflow_id), ()))

    async def look(each: NotMoving) -> Sequence[Trouble]:
        async with room:
            try:
                return [trouble(each.workflow_id, it) for it in await what_holds(client, each.workflow_id, noted(each))]
            except WorkflowGone:
                return ()
            except TEMPORAL_FAILED:
                return [trouble(each.workflow_id, reason, False) for reason in each.reasons or noted(each)]

    for troubles in await asyncio.gather(*map(look, fresh)):
        found += troubles
    return found


async def _queues(client: TemporalClient, waiting: dict[str, int]) -> list[Trouble]:
    kind = StuckKind.NO_WORKER
    return [
        Trouble(f"{QUEUE}{queue}", kind, kind.value, cause_of(kind.value, queue), _waits(number))
        for queue, number in waiting.items()
        if not await is_polled(client, queue)
    ]


async def _versions(client: TemporalClient) -> list[Trouble]:
    kind = StuckKind.VERSION_WITHOUT_WORKER
    return [
        Trouble(f"{VERSION}{version}", kind, kind.value, cause_of(kind.value, version), _waits(number))
        for (version, _), number in (await versions_waiting(client)).items()
    ]


def _waits(number: int) -> str | None:
    return f"{number} workflows wait" if number else None


def trouble(workflow_id: str, held: HeldUp, looked: bool = True) -> Trouble:
    """A reason of a workflow as the trouble of its case."""
    subject = request_id_of(workflow_id)
    known = looked and held.error is not None  # described again if its error was not available yet
    return Trouble(subject, held.kind, held.reason, held.cause, held.error, held.waits_on, held.since, known)


def held_before(troubles: Iterable[Trouble]) -> tuple[HeldUp, ...]:
    """The recorded troubles of a workflow that a remedy may have retried, as reasons."""
    mended = [each for each in troubles if Remedy.RETRY in REMEDIES[each.kind]]
    return tuple(HeldUp(it.reason, it.kind, it.cause, it.error, it.waits_on, it.since) for it in mended)


async def keep_watching(client: TemporalClient, engine: Engine) -> None:
    """Watch every few seconds, until cancelled, as long as no other worker does. Failures are logged and retried."""
    holder = uuid.uuid4().hex
    while True:
        try:
            if await asyncio.to_thread(take_watch, engine, holder, LEASE):
                await note_what_is_held_up(client, engine)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # the watch must survive any failure of the database or the server
            log.warning("what is held up cannot be noted now", extra={"error": f"{type(error).__name__}: {error}"})
        await asyncio.sleep(EVERY.total_seconds())
