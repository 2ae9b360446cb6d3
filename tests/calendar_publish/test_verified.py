"""Whatever was published among them, in whatever order and however often it was broken off: dossiers of cases hold.

It looks at what the other tests of this room have left in their ledger; alone, at a case of its own.
"""

import asyncio
import io
from collections.abc import Sequence

from audit.dossier.packing import unpacked
from audit.verification.verify import verify
from ledger.queries.compared import compared_cases
from starter.dossiers import dossier_of
from tests.audit.dossiers import packed
from tests.calendar_publish.editions import days_off, edition_off, written
from tests.calendar_publish.stack import PublishStack, now

MOST = 12
"""Of so many cases the dossiers are made, those first whose limits moved most often."""


async def test_the_dossiers_of_cases_whose_limits_moved_hold(stack: PublishStack) -> None:
    await stack.file("cn-809-2025")
    for place in (6, 7):
        content = edition_off(stack.calendar, now().date(), days_off(stack.calendar, now().date(), [place]))
        assert (await stack.json("calendar", "publish", written(content, stack.folder), "--yes"))["complete"]
    cases = [case.request_id for case in await asyncio.to_thread(compared_cases, stack.engine, "", 200)]
    moved = sorted(cases, key=lambda case: -stack.superseded(case).total())[:MOST]
    assert stack.superseded(moved[0]).total() > 1
    assert {case: bad for case in moved if (bad := await wrong(stack, case))} == {}


async def wrong(stack: PublishStack, request_id: str) -> Sequence[str]:
    """What does not hold; the other tests date cases back, which is found and named."""
    dossier = await dossier_of(stack.client.reader, stack.client.temporal, request_id)
    results = await asyncio.to_thread(verify, unpacked(io.BytesIO(packed(dossier))))
    return [
        f"{each.check}: {each.detail}" for each in results if (each.result, each.check != "dates") == ("FAIL", True)
    ]
