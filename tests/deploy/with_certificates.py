"""nginx with client certificates before Temporal and the API: whoever shows none of our authority is turned away.

Not among the tests that ``make test`` collects: ``make check-deploy``, as ``tests/deploy/with_tools.py``.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import trustme

from api.app import create_app
from api.context import AppContext
from api.serving import serving
from domain.words import Role
from embedded.simulate.sandbox import Sandbox
from embedded.stack.ports import free_port
from protocol.connecting import connect_as_named, named_in, temporal_answers
from starter.engine_client import ShareflowClient
from tests.api.callers import Bearer
from tests.deploy.conftest import DEPLOY
from tests.deploy.with_proxies import PATH, running
from tests.engine.cases import WHY, command
from tests.engine.looking import C, R, filed

AUTHORITY, FOREIGN = "ours", "foreign"


@pytest.fixture(autouse=True)
def authorities(tmp_path: Path) -> None:
    """Ours, of which nginx and its callers have certificates, and another; their files stand where tests name them."""
    found = {AUTHORITY: trustme.CA(), FOREIGN: trustme.CA()}
    server = found[AUTHORITY].issue_cert("127.0.0.1", "localhost")
    server.private_key_pem.write_to_path(tmp_path / "key.pem")
    for number, part in enumerate(server.cert_chain_pems):
        part.write_to_path(tmp_path / "fullchain.pem", append=number > 0)
    found[AUTHORITY].cert_pem.write_to_path(tmp_path / "clients.pem")
    for name, authority in found.items():
        client = authority.issue_cert("worker@shareflow")
        client.private_key_and_cert_chain_pem.write_to_path(tmp_path / f"{name}.pem")
        client.private_key_pem.write_to_path(tmp_path / f"{name}.key")


def configuration(folder: Path, changes: Mapping[str, str], *names: str) -> Path:
    """nginx's own file around those of deploy/proxy, with the certificates and the places of here."""
    text = "\n".join((DEPLOY / "proxy" / name).read_text("utf-8") for name in names)
    for was, now in {**changes, "/etc/ssl/shareflow": str(folder)}.items():
        assert was in text, was
        text = text.replace(was, now)
    whole = folder / "nginx.conf"
    around = f"events {{}}\npid {folder}/pid;\nerror_log {folder}/error.log;\nhttp {{ access_log off;\n"
    whole.write_text(f"{around}{text}\n}}\n", "utf-8")
    return whole


@pytest.fixture
async def before_temporal(ground: Sandbox, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """nginx before the session's Temporal; what an operator says to come through it, but for a certificate."""
    port, there = free_port(), ground.temporal.service_client.config.target_host
    changes = {"server 127.0.0.1:7233;": f"server {there};", "listen 7243 ": f"listen {port} "}
    file = configuration(tmp_path, changes, "temporal.conf")
    async with running("/usr/sbin/nginx", "-g", "daemon off;", "-c", file, port=port):
        yield {
            "TEMPORAL_ADDRESS": f"127.0.0.1:{port}",
            "TEMPORAL_TLS": "true",
            "TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(tmp_path / "clients.pem"),
        }


def with_certificate(folder: Path, name: str) -> dict[str, str]:
    return {
        "TEMPORAL_TLS_CLIENT_CERT_PATH": str(folder / f"{name}.pem"),
        "TEMPORAL_TLS_CLIENT_KEY_PATH": str(folder / f"{name}.key"),
    }


async def test_a_case_is_filed_and_decided_through_nginx_by_a_certificate_of_ours(
    before_temporal: dict[str, str], ground: Sandbox, tmp_path: Path
) -> None:
    named = named_in({**before_temporal, **with_certificate(tmp_path, AUTHORITY)})
    temporal = await connect_as_named(named)
    assert await temporal_answers(temporal)
    client = ShareflowClient(temporal, ground.engine, patience=timedelta(seconds=20))
    request_id = await filed(client)
    await client.command(request_id, command(R, C.WITHDRAW, WHY))
    assert (await asyncio.to_thread(client.get, request_id)).outcome == "withdrawn"


@pytest.mark.parametrize("certificate", [None, FOREIGN])
async def test_temporal_is_not_reached_without_one(
    before_temporal: dict[str, str], tmp_path: Path, certificate: str | None
) -> None:
    shown = with_certificate(tmp_path, certificate) if certificate else {}
    with pytest.raises(RuntimeError, match="Failed client connect"):
        await connect_as_named(named_in({**before_temporal, **shown}))


async def test_systems_come_to_the_api_by_a_certificate_and_a_token(
    context: AppContext, bearer: Bearer, tmp_path: Path
) -> None:
    port = free_port()
    async with serving(create_app(context), "127.0.0.1", 0) as address:
        changes = {
            "server 127.0.0.1:8080;": f"server {address.removeprefix('http://')};",
            "listen 443 ": f"listen {free_port()} ",
            "listen 8443 ": f"listen {port} ",
        }
        file = configuration(tmp_path, changes, "nginx.conf", "systems.conf")
        async with running("/usr/sbin/nginx", "-g", "daemon off;", "-c", file, port=port):
            told = {}
            for certificate in (AUTHORITY, FOREIGN, None):
                trusted = ssl.create_default_context(cafile=str(tmp_path / "clients.pem"))
                if certificate:
                    trusted.load_cert_chain(tmp_path / f"{certificate}.pem")
                async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=trusted) as caller:
                    for headers in (bearer(Role.AUDITOR), {}):
                        answer = await caller.get(PATH, headers=headers)
                        told[certificate, bool(headers)] = answer.status_code
    assert told == {
        (AUTHORITY, True): 200,
        (AUTHORITY, False): 401,
        (FOREIGN, True): 400,
        (FOREIGN, False): 400,
        (None, True): 400,
        (None, False): 400,
    }
