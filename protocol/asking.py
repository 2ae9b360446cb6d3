"""What runs beside the cases asks of their workflows and tells them, and how it learns that one is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from temporalio.service import RPCError, RPCStatusCode

from protocol.connecting import TemporalClient
from protocol.messages import CalendarNews, CaseView

TEMPORAL_FAILED: Final = (RPCError,)
"""What is raised for a server that does not answer just now, or not this."""


class WorkflowGone(Exception):
    """There is no such workflow; or, for whoever tells one something, it has ended."""


async def view_of(client: TemporalClient, workflow_id: str, within: timedelta) -> CaseView:
    """The case as its workflow has it. Raises WorkflowGone, and one of TEMPORAL_FAILED without an answer in time."""
    with told_when_gone():
        handle = client.get_workflow_handle(workflow_id)
        view: CaseView = await handle.query("case", result_type=CaseView, rpc_timeout=within)
        return view


async def nudge(client: TemporalClient, workflow_id: str) -> None:
    """Have a case take over what the ledger holds. Raises WorkflowGone, and one of TEMPORAL_FAILED."""
    with told_when_gone():
        await client.get_workflow_handle(workflow_id).signal("sync_from_ledger")


async def tell_of_calendar(client: TemporalClient, workflow_id: str, news: CalendarNews) -> None:
    """Tell a case that an edition was published. Raises WorkflowGone, and one of TEMPORAL_FAILED."""
    with told_when_gone():
        await client.get_workflow_handle(workflow_id).signal("calendar_published", news)


@contextmanager
def told_when_gone() -> Iterator[None]:
    """Say so in words of our own where the server has no such workflow. Raises WorkflowGone, whatever else comes."""
    try:
        yield
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise WorkflowGone(error.message) from error
        raise
