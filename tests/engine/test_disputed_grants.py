"""A dispute over granted conditions names a grant that is there, between the same two departments."""

import uuid

import pytest

from domain.refusal_codes import RefusalCode
from domain.words import SharingClass, Stage
from starter.engine_client import ShareflowClient
from starter.errors import RequestRefused
from tests.engine.cases import application


async def test_the_disputed_grant_is_looked_up(client: ShareflowClient) -> None:
    granted = await client.file("yima-2021", application(SharingClass.UNCONDITIONAL), key=uuid.uuid4().hex)
    assert granted.outcome == "granted"
    said = {"justification": "因履行职责确需使用", "disputes_grant": granted.request_id}
    disputed = await client.file("yima-2021", application(**said), key=uuid.uuid4().hex)
    assert disputed.stage is Stage.NEGOTIATION
    for name in ("YIMA-AAAAAAAAAAAAAAAA", disputed.request_id):  # nowhere; there, and not granted
        with pytest.raises(RequestRefused) as refused:
            await client.file("yima-2021", application(**(said | {"disputes_grant": name})), key=uuid.uuid4().hex)
        assert refused.value.code == RefusalCode.ORIGIN_NOT_FOUND
        assert refused.value.article == "16"
