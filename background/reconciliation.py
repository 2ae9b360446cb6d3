"""Keeping Temporal and the ledger in step after a crash (对账).

A step is written to the ledger before the workflow task that decided it completes. When a worker and the
server die together in between, the ledger is one step ahead of a workflow that may sleep for weeks. This sweep
finds such cases and nudges them; they take over what the ledger holds. Nothing is ever decided here.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from background.stuck import WORKFLOW_MISSING
from ledger.engine import Engine
from ledger.queries.operations import heads_changed_since, heads_parked_for, last_change, park, unpark
from ledger.queries.views import Head
from protocol.messages import CaseView

log = structlog.get_logger("shareflow.reconciliation")

AT_START = timedelta(days=1)
"""How far before the ledger's last entry the first sweep of a worker looks, however long everything stood still."""
EVERY = timedelta(seconds=15)
OVERLAP = timedelta(seconds=60)
AT_ONCE = 500


@dataclass
class Sweep:
    """What one sweep found."""

    looked_at: int = 0
    nudged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


async def reconcile(client: Client, engine: Engine, since: datetime) -> Sweep:
    """Compare the cases that changed since an instant with their workflows; nudge those that lag behind."""
    sweep = Sweep()
    seen: set[tuple[str, int]] = set()
    while True:
        heads = await asyncio.to_thread(heads_changed_since, engine, since, AT_ONCE)
        fresh = [head for head in heads if (head.request_id, head.seq) not in seen]
        for head in fresh:
            await _compare(client, head, sweep)
        if len(heads) < AT_ONCE or not fresh:
            break
        seen, since = {(head.request_id, head.seq) for head in heads}, heads[-1].updated_at
    missed = await asyncio.to_thread(heads_parked_for, engine, WORKFLOW_MISSING)
    for head in missed:
        if head.request_id not in sweep.missing and await _compare(client, head, sweep):
            await asyncio.to_thread(unpark, engine, head.request_id, WORKFLOW_MISSING)
    for request_id in {*sweep.missing} - {head.request_id for head in missed}:
        await asyncio.to_thread(park, engine, request_id, WORKFLOW_MISSING)
    return sweep


async def _compare(client: Client, head: Head, sweep: Sweep) -> bool:
    """Nudge a case whose workflow lags behind; whether there is a workflow, or none is needed any more."""
    sweep.looked_at += 1
    handle = client.get_workflow_handle(head.workflow_id)
    try:
        view: CaseView = await handle.query("case", result_type=CaseView, rpc_timeout=timedelta(seconds=5))
        if view.head < head.seq:
            await handle.signal("sync_from_ledger")
            sweep.nudged.append(head.request_id)
    except RPCError as error:
        # A workflow that has ended answers queries and takes no signals; one that is gone does neither.
        if error.status is not RPCStatusCode.NOT_FOUND:
            return False
        if not head.closed:
            sweep.missing.append(head.request_id)
            return False
    return True


async def keep_reconciling(client: Client, engine: Engine) -> None:
    """Sweep at the start and then every few seconds, until cancelled. Failures are logged and tried again."""
    since: datetime | None = None
    while True:
        begun = datetime.now(UTC)
        try:
            since = since or await _before_the_last_crash(engine)
            sweep = await reconcile(client, engine, since)
            since = begun - OVERLAP
            if sweep.nudged or sweep.missing:
                log.warning("reconciled", nudged=sweep.nudged, missing=sweep.missing)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # the sweep must outlive whatever the database or the server does
            log.warning("reconciliation postponed", error=f"{type(error).__name__}: {error}")
        await asyncio.sleep(EVERY.total_seconds())


async def _before_the_last_crash(engine: Engine) -> datetime:
    last = await asyncio.to_thread(last_change, engine)
    return (last or datetime.now(UTC)) - AT_START
