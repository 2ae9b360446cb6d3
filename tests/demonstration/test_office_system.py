"""The webhook of the demonstration that is not delivered: it is stuck in truth, and a retry delivers what waits."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from background.remedies import Remedies
from background.webhooks.addresses import allowed_from
from background.webhooks.dispatcher import Dispatcher
from background.webhooks.guard import AddressGuard
from background.webhooks.queries.failing import webhooks_failing
from background.webhooks.sending import Sender
from configuration.settings import Settings
from domain.log.acts import Acting
from domain.stuck import WEBHOOK, RemedyResult, StuckKind
from embedded.demo.office_system import WEBHOOK_ID, department_of, office_system
from embedded.demo.state import additions_for, demonstration_in
from embedded.simulate.sandbox import Sandbox
from embedded.stack.folder import StateFolder
from ledger.engine import connect
from ledger.queries.events import events_of
from ledger.recording import record_step
from ledger.writer import Writer
from tests.ledger.conftest import Steps
from tests.webhooks.conftest import RESOLVE

NONE = Settings({})


async def test_a_system_that_was_moved_is_told_nothing_until_an_operator_says_so(
    ledger_url: str, tmp_path: Path, ground: Sandbox
) -> None:
    now, writer = datetime.now(UTC), Writer(connect(ledger_url))
    filing = Steps("WH-OFFICE").filing(requester_code=department_of(now))
    record_step(writer.engine, filing, RESOLVE, "sm3")
    begun = demonstration_in(StateFolder(tmp_path), NONE, begin=True)
    allowed = additions_for(begun, NONE).environment["SHAREFLOW_WEBHOOK_ALLOW"]
    async with office_system(begun) as office, Sender(AddressGuard(allowed_from(allowed))) as sender:
        assert office is not None
        dispatching = asyncio.create_task(Dispatcher(writer.engine, sender).keep_dispatching())
        for _ in range(2):  # asked again, nothing is done twice
            await office.was_moved(writer, now)
            [stuck] = webhooks_failing(writer.engine)
            assert (stuck.subject, stuck.kind) == (f"{WEBHOOK}{WEBHOOK_ID}", StuckKind.WEBHOOK_UNDELIVERED)
            assert stuck.error == f"{office.address} gone"
        came = await Remedies(ground.temporal, writer).retry(stuck.subject, None, Acting(subject="op-1"))
        assert came.result is RemedyResult.RECOVERED
        dispatching.cancel()
        await asyncio.gather(dispatching, return_exceptions=True)
    assert webhooks_failing(writer.engine) == []
    assert len(events_of(writer.engine, "WH-OFFICE")) == len(filing.events)


async def test_one_whose_port_is_taken_is_away(tmp_path: Path) -> None:
    begun = demonstration_in(StateFolder(tmp_path), NONE, begin=True)
    async with office_system(begun) as first, office_system(begun) as second:
        assert (first is not None, second) == (True, None)
