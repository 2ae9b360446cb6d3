"""Keeping Temporal and the ledger in step after a crash (对账).

A step is written to the ledger before the workflow task that decided it completes. When a worker and the
server die together in between, the ledger is one step ahead of a workflow that may sleep for weeks. This sweep
finds such cases and nudges them; they take over what the ledger holds. Nothing is ever decided here.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.side_effects import CaseView
from ledger.queries.machinery import heads_changed_since
from ledger.queries.views import Head

log = structlog.get_logger("shareflow.reconciliation")

AT_START = timedelta(days=1)
"""How far back the first sweep of a worker looks."""
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
    for head in await asyncio.to_thread(heads_changed_since, engine, since, AT_ONCE):
        sweep.looked_at += 1
        await _compare(client, head, sweep)
    return sweep


async def _compare(client: Client, head: Head, sweep: Sweep) -> None:
    handle = client.get_workflow_handle(head.workflow_id)
    try:
        view: CaseView = await handle.query("case", result_type=CaseView, rpc_timeout=timedelta(seconds=5))
        if view.head >= head.seq:
            return
        await handle.signal("look_at_ledger")
        sweep.nudged.append(head.request_id)
    except RPCError as error:
        # A workflow that has ended answers queries and takes no signals; one that is gone does neither.
        if error.status is RPCStatusCode.NOT_FOUND and not head.closed:
            sweep.missing.append(head.request_id)


async def keep_reconciling(client: Client, engine: Engine) -> None:
    """Sweep at the start and then every few seconds, until cancelled. Failures are logged and tried again."""
    since = datetime.now(UTC) - AT_START
    while True:
        begun = datetime.now(UTC)
        try:
            sweep = await reconcile(client, engine, since)
            since = begun - OVERLAP
            if sweep.nudged or sweep.missing:
                log.warning("reconciled", nudged=sweep.nudged, missing=sweep.missing)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # the sweep must outlive whatever the database or the server does
            log.warning("reconciliation postponed", error=f"{type(error).__name__}: {error}")
        await asyncio.sleep(EVERY.total_seconds())
