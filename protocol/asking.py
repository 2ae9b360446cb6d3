"""Queries and signals to the workflows of cases, for background work, and how it learns that one is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from temporalio.service import RPCError, RPCStatusCode

from protocol.connecting import TemporalClient
from protocol.messages import CalendarNews, CaseView

TEMPORAL_FAILED: Final = (RPCError,)
"""The errors raised when the server does not answer a call."""


class WorkflowGone(Exception):
    """There is no such workflow; for a signal, also: it has ended."""


async def view_of(client: TemporalClient, workflow_id: str, within: timedelta) -> CaseView:
    """The case as its workflow has it. Raises WorkflowGone, or one of TEMPORAL_FAILED if there is no answer in time."""
    with told_when_gone():
        handle = client.get_workflow_handle(workflow_id)
        view: CaseView = await handle.query("case", result_type=CaseView, rpc_timeout=within)
        return view


async def nudge(client: TemporalClient, workflow_id: str) -> None:
    """Make a case take over what the ledger has. Raises WorkflowGone, or one of TEMPORAL_FAILED."""
    with told_when_gone():
        await client.get_workflow_handle(workflow_id).signal("sync_from_ledger")


async def tell_of_calendar(client: TemporalClient, workflow_id: str, news: CalendarNews) -> None:
    """Tell a case that an edition was published. Raises WorkflowGone, or one of TEMPORAL_FAILED."""
    with told_when_gone():
        await client.get_workflow_handle(workflow_id).signal("calendar_published", news)


@contextmanager
def told_when_gone() -> Iterator[None]:
    """Raise WorkflowGone if the server says that there is no such workflow; other errors pass unchanged."""
    try:
        yield
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise WorkflowGone(error.message) from error
        raise
