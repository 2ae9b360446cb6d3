"""The documents of webhooks: the walk works word for word, and every figure is the one in the code."""

import asyncio
import json
import os
import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from api.settings import ApiSettings
from api.webhooks import endpoints as webhooks
from background.webhooks import dispatcher, schedule, sending
from background.webhooks.addresses import allowed_from
from background.webhooks.dispatcher import Dispatcher
from background.webhooks.guard import AddressGuard
from background.webhooks.queries.subscriptions import DisabledFor
from background.webhooks.sending import Sender
from configuration.settings import Settings
from console.assembly import serving_api
from domain.cloud_events import cloud_event
from embedded.simulate.sandbox import Sandbox
from embedded.stack.ports import free_port
from starter.engine_client import ShareflowClient

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("docs/webhooks.md", "docs/webhooks.zh-CN.md")
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "秒": 1, "分钟": 60, "小时": 3600}


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(document), re.S | re.M)


async def test_the_walk_works_word_for_word(ground: Sandbox, tmp_path: Path) -> None:
    commands, *same = (blocks(document, "sh") for document in DOCUMENTS)
    assert same == [commands]
    port = free_port()
    allowed = allowed_from(f"127.0.0.1:{port}")
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    script = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>nothing.txt || true' EXIT\n" + "\n".join(commands)
    client = ShareflowClient(ground.temporal, ground.engine)
    async with (
        serving_api(client, ApiSettings(port=0, webhooks=allowed), tmp_path) as address,
        Sender(AddressGuard(allowed)) as sender,
    ):
        working = asyncio.create_task(Dispatcher(ground.engine, sender).keep_dispatching())
        walk = await asyncio.create_subprocess_exec(
            *("bash", "-c", script),
            cwd=tmp_path,
            env={**os.environ, "SHAREFLOW_API": address, "RECEIVER_PORT": str(port), "SHAREFLOW_STATE": str(tmp_path)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, wrong = (each.decode() for each in await asyncio.wait_for(walk.communicate(), 90))
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert walk.returncode == 0, said + wrong
    tested, arrived, delivered, replayed = said.strip().splitlines()
    assert '"state":"delivered"' in tested
    assert "cn.gov.shareflow.request.filed.v1 {'request_id': 'NANTONG-" in arrived
    assert arrived.split("/1 ")[0] in delivered
    assert '"status":204' in delivered
    assert '{"queued":' in replayed
    assert "cn.gov.shareflow.webhook.test.v1" in (tmp_path / "received.txt").read_text()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_receiver_that_is_shown_is_the_one_that_is_run(document: str) -> None:
    assert blocks(document, "python") == [text_of("docs/examples/webhook_receiver.py")]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_event_that_is_shown_is_one(document: str) -> None:
    (shown,) = (json.loads(block) for block in blocks(document, "json"))
    event = {**shown["data"], "at": shown["time"], "statute": shown["statute"]}
    assert shown == cloud_event(shown["subject"], event, shown["data"])


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_schedule_that_is_shown_is_kept(document: str) -> None:
    rows = re.findall(r"^\| (\d{1,2}) \| (?:(\d+) (\S+)|\S.*?) \|$", text_of(document), re.M)
    assert [int(number) for number, _, _ in rows] == list(range(1, len(schedule.DELAYS) + 2))
    shown = [timedelta(seconds=int(amount) * UNITS[unit]) for _, amount, unit in rows[1:]]
    assert shown == list(schedule.DELAYS)
    hours = sum(schedule.DELAYS, timedelta()) // timedelta(hours=1)
    assert re.search(rf"\D{hours} (hours in all|小时；每次)", text_of(document))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_figure_is_the_one_in_the_code(document: str) -> None:
    text = text_of(document)
    for figure in (
        rf"\D{sending.PATIENCE.seconds} (seconds|秒)",
        rf"\D{sending.EXCERPT_BYTES} (bytes|字节)",
        rf"\D{schedule.SPREAD * 100:.0f} %",
        rf"\D{schedule.LONGEST_ASKED // timedelta(hours=1)} (hours\.|小时。)",
        rf"\D{webhooks.ROTATION // timedelta(hours=1)} (hours more|小时，除非)",
        rf"\D{dispatcher.AT_ONCE_EACH}( 件)?[)）]",
        rf"\D{webhooks.AT_MOST}[. ]",
        rf"\D{dispatcher.LEASE.seconds} (seconds|秒)",
    ):
        assert re.search(figure, text), figure
    assert all(f"`{reason}`" in text for reason in (DisabledFor.GONE, DisabledFor.EXHAUSTED))
    assert Settings.webhook_allow.variable in text


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_endpoint_is_told(document: str) -> None:
    told = {
        re.sub(r"\{.*?\}", "{}", f"{method} /v1/webhooks{path}".rstrip("/"))
        for method, path in re.findall(r"`(GET|POST|PATCH|DELETE) (/[^`]*)`", text_of(document))
        if not path.startswith("/v1")
    }
    there = {
        re.sub(r"\{.*?\}", "{}", f"{method} {route.path}")
        for route in webhooks.router.routes
        for method in getattr(route, "methods", ())
    }
    assert told == there
