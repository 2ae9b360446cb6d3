"""The codec server: Temporal's pages have messages opened there, by the API's own authorization."""

import base64
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from temporalio.client import Client

from api.app import create_app
from api.context import open_context
from api.settings import ApiSettings
from domain.words import Role
from embedded.simulate.sandbox import Sandbox
from protocol.payloads import converter_with
from protocol.sealing import SealKind, ring_in, written_key
from starter.engine_client import ShareflowClient
from starter.tokens import Issuer
from tests.api.callers import Bearer
from tests.engine.cases import REQUESTER

PAGES = "https://temporal.example.gov.cn"
KEY, OTHER = written_key("2026", SealKind.SM4_GCM), written_key("2025", SealKind.AES_256_GCM)


@pytest.fixture(scope="module")
async def codec(
    ground: Sandbox, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """The API of an installation that seals its messages."""
    temporal = Client(ground.temporal.service_client, data_converter=converter_with(ring_in(KEY)))
    settings = ApiSettings(codec_origin=PAGES)
    client = ShareflowClient(temporal, ground.engine)
    async with open_context(client, settings, issuer, tmp_path_factory.mktemp("codec")) as context:
        transport = httpx.ASGITransport(create_app(context))
        async with httpx.AsyncClient(transport=transport, base_url="http://shareflow") as caller:
            yield caller


async def sealed(key: str, value: object) -> dict[str, Any]:
    """A payload as Temporal's pages have it."""
    [payload] = await converter_with(ring_in(key)).encode([value])
    return MessageToDict(payload)


async def asked(door: httpx.AsyncClient, what: str, payload: Mapping[str, Any], headers: dict[str, str]) -> Any:
    answer = await door.post(f"/v1/codec/{what}", json={"payloads": [payload]}, headers=headers)
    body = answer.json()
    return body["payloads"][0] if answer.status_code == 200 else (answer.status_code, body["code"], body["detail"])


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OPERATOR])
async def test_who_sees_every_case_has_messages_opened(codec: httpx.AsyncClient, bearer: Bearer, role: Role) -> None:
    opened = await asked(codec, "decode", await sealed(KEY, {"reason": "不予共享"}), bearer(role))
    assert base64.b64decode(opened["data"]).decode() == '{"reason":"不予共享"}'
    assert base64.b64decode(opened["metadata"]["encoding"]) == b"json/plain"
    assert await asked(codec, "decode", opened, bearer(role)) == opened


async def test_an_operator_has_messages_sealed_and_nobody_else(codec: httpx.AsyncClient, bearer: Bearer) -> None:
    plain = {
        "metadata": {"encoding": base64.b64encode(b"json/plain").decode()},
        "data": base64.b64encode(b"1").decode(),
    }
    kept = await asked(codec, "encode", plain, bearer(Role.OPERATOR))
    assert base64.b64decode(kept["metadata"]["encryption-key-id"]) == b"2026"
    assert await asked(codec, "decode", kept, bearer(Role.AUDITOR)) == plain
    for role in set(Role) - {Role.OPERATOR}:
        answer = await codec.post("/v1/codec/encode", json={"payloads": []}, headers=bearer(role, REQUESTER))
        assert answer.status_code == 403
    assert (await codec.post("/v1/codec/decode", json={"payloads": []})).status_code == 401


async def test_what_cannot_be_opened_is_told_and_nothing_of_it(
    codec: httpx.AsyncClient, api: httpx.AsyncClient, bearer: Bearer
) -> None:
    english = bearer(Role.AUDITOR, Accept_Language="en")
    elsewhere, here = await sealed(OTHER, "x"), await sealed(KEY, "x")
    missing = (422, "payload_sealed", "Its key 2025 is not in the file of keys of this installation.")
    assert await asked(codec, "decode", elsewhere, english) == missing
    assert await asked(api, "decode", elsewhere, english) == missing
    altered = bytearray(base64.b64decode(here["data"]))
    altered[-1] ^= 1
    status, code, said = await asked(
        codec, "decode", {**here, "data": base64.b64encode(altered).decode()}, bearer(Role.AUDITOR)
    )
    assert (status, code, said[:5]) == (422, "payload_sealed", "报文经过改")
    short = await asked(codec, "decode", {**here, "data": "AAAA"}, english)
    assert short[0] == 422
    assert (
        await codec.post("/v1/codec/decode", json={"payloads": [{"data": "?"}]}, headers=english)
    ).status_code == 422


async def test_pages_of_the_named_address_may_ask_and_for_nothing_else(codec: httpx.AsyncClient) -> None:
    async def let(path: str, origin: str) -> str | None:
        asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = await codec.options(path, headers={**asks, "Access-Control-Request-Headers": "authorization"})
        return answer.headers.get("access-control-allow-origin")

    assert await let("/v1/codec/decode", PAGES) == PAGES
    assert await let("/v1/codec/decode", "https://elsewhere.example") is None
    assert await let("/v1/worklist", PAGES) is None
