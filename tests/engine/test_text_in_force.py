"""A filing that names no statute, received around a change of the law."""

import uuid
from datetime import UTC, datetime

import pytest

from domain.words import ProcedureName
from embedded.simulate.sandbox import Sandbox
from procedures.share_request.filing import as_requester
from protocol.opening import Played
from starter.engine_client import ShareflowClient
from starter.errors import KeyReused, RequestRefused
from tests.engine.cases import application

LAST = datetime.fromisoformat("2025-07-31T23:59:59+08:00")
FIRST = datetime.fromisoformat("2025-08-01T00:00:00+08:00")


async def filed(client: ShareflowClient, key: str, at: datetime, purpose: str = "低保资格核验") -> tuple[str, bool]:
    """Under which text a filing of Nantong went, and whether its key had filed before."""
    matter = application(purpose=purpose)
    done = await client.open(
        ProcedureName.SHARE_REQUEST,
        None,
        matter,
        as_requester(matter),
        key,
        received_at=at,
        played=Played(at - datetime.now(UTC)),
        jurisdiction="nantong",
    )
    return done.case.statute, done.repeated


async def test_the_day_of_receipt_in_china_decides(ground: Sandbox) -> None:
    client = ShareflowClient(ground.temporal, ground.engine)
    assert await filed(client, uuid.uuid4().hex, LAST) == ("nantong-2020+jiangsu", False)
    assert await filed(client, uuid.uuid4().hex, LAST.astimezone(UTC)) == ("nantong-2020+jiangsu", False)
    assert await filed(client, uuid.uuid4().hex, FIRST.astimezone(UTC)) == ("nantong-2020+809", False)


async def test_the_same_filing_sent_again_after_the_change_is_the_same_filing(ground: Sandbox) -> None:
    client, key = ShareflowClient(ground.temporal, ground.engine), uuid.uuid4().hex
    assert await filed(client, key, LAST) == ("nantong-2020+jiangsu", False)
    assert await filed(client, key, FIRST) == ("nantong-2020+jiangsu", True)
    with pytest.raises(KeyReused):
        await filed(client, key, FIRST, purpose="另一目的")


async def test_where_no_text_is_in_force_nothing_is_filed(ground: Sandbox) -> None:
    client = ShareflowClient(ground.temporal, ground.engine)
    at = datetime.fromisoformat("2019-12-31T12:00:00+08:00")
    with pytest.raises(RequestRefused) as refusal:
        await filed(client, uuid.uuid4().hex, at)
    assert refusal.value.code == "unknown_statute"
    sentence = refusal.value.sentence("en")
    assert "nantong 2019-12-31" in sentence
    assert "no text is in force there on that day" in sentence
    assert "nantong-2020 (2020-01-01)" in sentence
