"""Whoever knows a digest does not get the paper: dossiers tell digests, those without persons too."""

import hashlib
import uuid

import httpx

from tests.api.callers import STRANGER, Bearer, People, filing, fresh_key
from tests.documents.papers import pdf


async def test_a_digest_that_is_named_gives_nobody_a_paper(api: httpx.AsyncClient, bearer: Bearer) -> None:
    people, content = People(api, bearer), pdf(uuid.uuid4().hex)
    digest = hashlib.sha256(content).hexdigest()
    path = f"/v1/attachments/{digest}"

    async def bring(who: str) -> None:
        headers = {**people.headers[who], "Content-Type": "application/pdf"}
        assert (await api.post("/v1/attachments", content=content, headers=headers)).status_code == 201

    await bring("requester")
    named = {"documents": [{"name": "a.pdf", "sha256": digest}], "requester": {"code": STRANGER, "name": "某局"}}
    body = {"statute": "changshu-2019", "request": {**filing("changshu-2019")["request"], **named}}
    filed = await people.post("stranger", "/v1/requests", body, **fresh_key())
    assert filed.status_code == 201, filed.text
    for who in ("stranger", "provider", "bureau"):
        assert (await people.get(who, path)).status_code == 404, who
    await bring("stranger")
    assert (await people.get("provider", path)).content == content
