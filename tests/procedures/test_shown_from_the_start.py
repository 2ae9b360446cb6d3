"""Whoever opens a case, Temporal's lists show whose it is and of which procedure from its first event on."""

import uuid
from datetime import datetime
from typing import Any

from domain.calendar import CHINA
from embedded.simulate.sandbox import Sandbox
from protocol.names import CASE
from starter.engine_client import ShareflowClient
from tests.engine.cases import PROVIDER, REQUESTER, application
from tests.engine.looking import handle_of, until
from tests.procedures.grants import grant, in_days, opened, renewal
from tests.procedures.held_up import opened_by


async def shown_at_the_start(client: ShareflowClient, request_id: str) -> tuple[str, dict[str, Any], str | None]:
    """The type, the search attributes and the summary with which a case's workflow was started."""
    handle = handle_of(client, request_id)
    history = await handle.fetch_history()
    begun = history.events[0].workflow_execution_started_event_attributes
    values = {
        name: client.temporal.data_converter.payload_converter.from_payloads([payload])[0]
        for name, payload in begun.search_attributes.indexed_fields.items()
    }
    return begun.workflow_type.name, values, await (await handle.describe()).static_summary()


async def test_a_case_is_shown_as_what_it_is_whoever_opens_it(ground: Sandbox) -> None:
    client, now = ShareflowClient(ground.temporal, ground.engine), datetime.now(CHINA)
    statute = "nantong-2020+809"
    filed = (await client.file(statute, application(), key=uuid.uuid4().hex)).request_id
    granted = await opened(client, statute, grant(use_until=in_days(now, 365)), now)
    await client.command(granted, renewal(now))
    follows = (await until(lambda: opened_by(client, granted))).request_id
    for request_id, procedure in ((filed, "share_request"), (granted, "access_grant"), (follows, "share_request")):
        kind, shown, summary = await shown_at_the_start(client, request_id)
        assert kind == CASE
        assert (shown["Procedure"], shown["Statute"]) == (procedure, statute)
        assert (shown["Requester"], shown["Provider"]) == (REQUESTER, PROVIDER)
        assert summary is not None
        assert summary.endswith("市公安局")
