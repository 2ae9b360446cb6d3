"""Keeping Temporal and the ledger in step after a crash (对账).

A step is written to the ledger before the workflow task that decided it completes. If a worker and the server die
together in between, the ledger is one step ahead of a workflow that may sleep for weeks. This sweep finds such cases
and nudges them, and they take over what the ledger has. Nothing is decided here.

An answered call is in Temporal's history, and the door that got the answer records that (``confirmed``). The sweep asks
only the other cases, after they have been quiet for a while, and confirms those that are in step. Confirmations become
void if Temporal's store is set back; a process that starts to sweep checks for that first (:func:`look_back`).
"""

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from background.alone import Turn, done_alone
from background.stuck import WORKFLOW_MISSING
from domain.stuck import StuckKind
from ledger.engine import Engine
from ledger.failures import DATABASE_FAILED
from ledger.queries.confirmed import (
    confirm,
    heads_parked_for,
    heads_unconfirmed,
    last_change,
    latest_heads,
    moment,
    unconfirm,
    unconfirmed_of,
)
from ledger.queries.operations import park, unpark
from ledger.queries.views import Head
from protocol.asking import TEMPORAL_FAILED, WorkflowGone, nudge, view_of
from protocol.connecting import TemporalClient

log = logging.getLogger("shareflow.reconciliation")

AT_START = timedelta(days=1)
"""How far before the ledger's last change the first sweep of a worker looks, even after a long standstill."""
EVERY = timedelta(seconds=15)
TAKEN_OVER_WITHIN = timedelta(seconds=5)
"""How often the other processes check whether the sweeping one is gone; its lease expires by itself."""
RECONCILIATION = "reconciliation"
"""The lease of the sweeping process; if two sweep at once, a case is merely asked twice."""
QUIET = timedelta(seconds=60)
"""A case is asked only after this time without a change; usually its door confirms it before."""
OVERLAP = timedelta(seconds=60)
ANSWERS_WITHIN = timedelta(seconds=5)
AT_ONCE = 500
AGAIN_AT_MOST = 50
"""Unconfirmed cases asked again in one sweep, longest waiting first."""
LOOKED_BACK = 20
"""If this many of the last changed cases are in step, Temporal's store has not been set back."""


@dataclass
class Sweep:
    """The result of a sweep. ``until``: changes before this instant have been seen; ``left``: cases to ask again."""

    until: datetime
    asked: list[str] = field(default_factory=list)
    nudged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


async def reconcile(
    client: TemporalClient, engine: Engine, since: datetime, quiet: timedelta = timedelta(), left: Sequence[str] = ()
) -> Sweep:
    """Compare unconfirmed cases with their workflows; nudge those that lag behind, confirm the others.

    These are the cases that changed since ``since`` and have been ``quiet`` for a while, and those ``left`` by the
    previous sweep. Raises one of TEMPORAL_FAILED if the server does not answer at all; cases compared by then are
    confirmed.
    """
    sweep = Sweep(await asyncio.to_thread(moment, engine) - quiet)
    after: Head | None = None
    while True:
        heads = await asyncio.to_thread(heads_unconfirmed, engine, since, sweep.until, after, AT_ONCE)
        fresh = [head for head in heads if head.request_id not in left]
        await _compare_all(client, engine, fresh, sweep)
        if len(heads) < AT_ONCE:
            break
        after = heads[-1]
    again = await asyncio.to_thread(unconfirmed_of, engine, left[:AGAIN_AT_MOST])
    sweep.left[:0] = left[AGAIN_AT_MOST:]
    await _compare_all(client, engine, again, sweep)
    missed = await asyncio.to_thread(heads_parked_for, engine, WORKFLOW_MISSING)
    for request_id in await _compare_all(client, engine, missed, sweep):
        await asyncio.to_thread(unpark, engine, request_id, WORKFLOW_MISSING)
    for request_id in {*sweep.missing} - {head.request_id for head in missed}:
        await asyncio.to_thread(park, engine, request_id, WORKFLOW_MISSING, StuckKind.MISSING)
    return sweep


async def look_back(client: TemporalClient, engine: Engine) -> Sequence[str]:
    """Check the last changed cases, confirmed or not, going back until none lags behind.

    If Temporal's store was set back, it lacks everything written since: those cases are nudged, and their confirmations
    removed. Returns the cases still to be asked. Raises one of TEMPORAL_FAILED if the server does not answer.
    """
    sweep = Sweep(await asyncio.to_thread(moment, engine))
    behind, before = set[str](), -1
    heads = await asyncio.to_thread(latest_heads, engine, LOOKED_BACK)
    while heads and len(behind) > before:
        before = len(behind)
        right = await asyncio.gather(*(_compare(client, head, sweep) for head in heads))
        found = {head.request_id: head.seq for head, has_all in zip(heads, right, strict=True) if has_all}
        await asyncio.to_thread(confirm, engine, found)
        behind.update(sweep.nudged, sweep.missing)
        heads = await asyncio.to_thread(latest_heads, engine, LOOKED_BACK, heads[-1])
    await asyncio.to_thread(unconfirm, engine, behind)
    return sorted(behind)


async def _compare_all(client: TemporalClient, engine: Engine, heads: Sequence[Head], sweep: Sweep) -> Collection[str]:
    """Confirm the cases whose workflow has everything; returns which."""
    right: dict[str, int] = {}
    try:
        for head in heads:
            if head.request_id not in sweep.missing and await _compare(client, head, sweep):
                right[head.request_id] = head.seq
            elif head.request_id not in sweep.missing:
                sweep.left.append(head.request_id)
    finally:
        await asyncio.to_thread(confirm, engine, right)
    return right.keys()


async def _compare(client: TemporalClient, head: Head, sweep: Sweep) -> bool:
    """Nudge a case whose workflow lags behind; returns whether it has everything, or is no longer needed."""
    sweep.asked.append(head.request_id)
    try:
        view = await view_of(client, head.workflow_id, ANSWERS_WITHIN)
        if view.head >= head.seq:
            return True
        await nudge(client, head.workflow_id)
        sweep.nudged.append(head.request_id)
    except WorkflowGone:  # an ended workflow answers queries but takes no signals; a deleted one does neither
        if head.closed:
            return True
        sweep.missing.append(head.request_id)
    except TEMPORAL_FAILED:
        await client.service_client.check_health()
    return False


async def keep_reconciling(client: TemporalClient, engine: Engine) -> None:
    """Sweep every few seconds, until cancelled, in one process; the others wait to take over.

    Failures are logged and retried.
    """
    while True:
        try:
            async with done_alone(engine, RECONCILIATION) as turn:
                await _sweep_while(turn, client, engine)
        except DATABASE_FAILED as error:
            _postponed(error)
        await asyncio.sleep(TAKEN_OVER_WITHIN.total_seconds())


async def _sweep_while(turn: Turn, client: TemporalClient, engine: Engine) -> None:
    """Sweep as long as this process has the lease, starting with what a crash may have left."""
    since: datetime | None = None
    quiet = timedelta()  # what a crash has left does not need to be quiet first
    left: Sequence[str] = ()
    while turn.mine:
        try:
            if since is None:
                left = await look_back(client, engine)
                since = await _before_the_last_crash(engine)
            sweep = await reconcile(client, engine, since, quiet, left)
            since, quiet, left = max(since, sweep.until - OVERLAP), QUIET, sweep.left
            if sweep.nudged or sweep.missing:
                log.warning("reconciled", extra={"nudged": sweep.nudged, "missing": sweep.missing})
        except asyncio.CancelledError:
            raise
        except Exception as error:  # the sweep must survive any failure of the database or the server
            _postponed(error)
        await asyncio.sleep(EVERY.total_seconds())


def _postponed(error: Exception) -> None:
    log.warning("reconciliation postponed", extra={"error": f"{type(error).__name__}: {error}"})


async def _before_the_last_crash(engine: Engine) -> datetime:
    last = await asyncio.to_thread(last_change, engine)
    now = await asyncio.to_thread(moment, engine)
    return (last or now) - AT_START
