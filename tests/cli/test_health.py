"""Health and metrics over HTTP: with a ledger that is down or slow, before setup has run, and with workers at work."""

import asyncio
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import httpx
import pytest
from sqlalchemy import Engine, create_engine
from temporalio.client import Client

from api.app import create_app
from api.context import open_context
from api.settings import ApiSettings
from background.health import Health, serve_health
from configuration.settings import Settings
from domain.clocks import ClockId
from domain.stuck import StuckKind
from embedded.simulate.sandbox import Sandbox
from embedded.stack.ports import free_port
from ledger.queries.views import Counts, LimitsEnded
from ledger.reader import Reader
from protocol.payloads import data_converter
from protocol.pollers import workers_at_work
from starter.engine_client import ShareflowClient
from starter.temporal_setup import prepare_namespace
from starter.tokens import Issuer
from worker.running import until_set_up

NOBODY_LISTENS = "postgresql+psycopg2://x:y@127.0.0.1:1/z"


@pytest.fixture
def port() -> int:
    """A free port."""
    return free_port()


async def of(engine: Engine) -> Health:
    """Of a ledger, beside a Temporal that nobody has reached yet."""
    away = await Client.connect(f"127.0.0.1:{free_port()}", lazy=True)
    return Health(away, Reader(engine), list)


def asked(port: int, path: str) -> tuple[int, str]:
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return answer.status, answer.read().decode()


async def test_metrics_of_a_ledger_that_is_down(port: int) -> None:
    with serve_health(await of(create_engine(NOBODY_LISTENS)), port):
        status, text = await asyncio.to_thread(asked, port, "/metrics")
    assert status == 200
    assert "\nshareflow_ledger_up 0.0\n" in text
    assert "shareflow_cases" not in text
    assert "\nshareflow_temporal_up 0.0\n" in text
    assert "shareflow_workers_at_work" not in text


async def test_a_slow_scrape_does_not_keep_a_probe_waiting(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    begun, go_on = threading.Event(), threading.Event()

    def slow(_: Reader, since: int | None) -> Counts:
        assert since is None
        begun.set()
        assert go_on.wait(10)
        return Counts(
            cases={},
            running={},
            breached={},
            ended=LimitsEnded(5, {ClockId.DELIVERY: 2}, [(ClockId.PROVIDER_ANSWER, True, timedelta(days=12))]),
            stuck=3,
            causes={(StuckKind.PARKED, "ledger_unavailable"): 4},
            pending=7,
            oldest_pending=an_hour_ago,
            unsigned_since=an_hour_ago,
            unarchived_since=None,
            unbacked_since=an_hour_ago,
            wal_waits_since=None,
        )

    monkeypatch.setattr("ledger.reader.Reader.counts", slow)
    monkeypatch.setattr("ledger.reader.Reader.moment", lambda _: datetime.now(UTC) + timedelta(seconds=9))
    monkeypatch.setattr("ledger.leases.Lease.take", lambda _: True)
    monkeypatch.setattr("ledger.writer.Writer.try_out", lambda _: None)
    with serve_health(await of(create_engine(NOBODY_LISTENS)), port):
        scrape = asyncio.create_task(asyncio.to_thread(asked, port, "/metrics"))
        assert await asyncio.to_thread(begun.wait, 5)
        try:
            assert await asyncio.to_thread(asked, port, "/healthz") == (200, "alive\n")
            assert not scrape.done()
        finally:
            go_on.set()
        status, text = await scrape
    assert status == 200
    assert "\nshareflow_ledger_up 1.0\n" in text
    assert re.search(r"\nshareflow_clock_ahead_seconds [89]\.", text)
    assert "\nshareflow_messages_pending 7.0\n" in text
    assert "\nshareflow_stuck_cases 3.0\n" in text
    assert re.search(r"\nshareflow_backup_behind_seconds 36\d\d\.", text)
    assert '\nshareflow_stuck_by_cause{cause="ledger_unavailable",kind="parked"} 4.0\n' in text
    assert '\nshareflow_breaches_total{clock="delivery"} 2.0\n' in text
    assert '\nshareflow_answer_days_bucket{clock="provider_answer",late="true",le="10.0"} 0.0\n' in text
    assert '\nshareflow_answer_days_bucket{clock="provider_answer",late="true",le="15.0"} 1.0\n' in text
    assert re.search(r"\nshareflow_oldest_message_seconds 36\d\d\.", text)


async def test_who_starts_before_setup_says_so_and_is_ready_once_it_has_run(
    ground: Sandbox, issuer: Issuer, port: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    later = Client(ground.temporal.service_client, namespace="set-up-later", data_converter=data_converter)
    settings, stop = Settings({Settings.health_port.variable: str(port)}), asyncio.Event()
    waiting = asyncio.create_task(until_set_up(later, ground.engine, settings, stop))
    says = "Temporal has no namespace set-up-later yet; run `shareflow admin setup`"
    async with open_context(ShareflowClient(later, ground.engine), ApiSettings(), issuer, tmp_path) as context:
        door = httpx.AsyncClient(transport=httpx.ASGITransport(create_app(context)), base_url="http://shareflow")
        async with door, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as worker:
            while not caplog.messages:  # noqa: ASYNC110 - a log has no event to wait for
                await asyncio.sleep(0.01)
            for asked in (door, worker):
                unready = await asked.get("/readyz")
                assert (unready.status_code, unready.text.strip()) == (503, says)
                assert (await asked.get("/healthz")).text.strip() == "alive"
            assert "\nshareflow_temporal_up 0.0\n" in (await worker.get("/metrics")).text
            await prepare_namespace(later, None)
            await asyncio.wait_for(waiting, 60)
            assert (await door.get("/readyz")).text == "ready"
            assert "\nshareflow_workers_at_work 0.0\n" in (await door.get("/metrics")).text
    assert caplog.messages == [f"{says}: the worker waits for it"]


async def test_a_worker_that_waits_for_setup_stops_when_it_is_told_to(ground: Sandbox) -> None:
    never = Client(ground.temporal.service_client, namespace="never-set-up", data_converter=data_converter)
    stop = asyncio.Event()
    waiting = asyncio.create_task(until_set_up(never, ground.engine, Settings({}), stop))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(waiting, 10)


async def test_figures_say_how_many_workers_are_given_work(api: httpx.AsyncClient, ground: Sandbox) -> None:
    told = (await api.get("/metrics")).text
    assert "\nshareflow_temporal_up 1.0\n" in told
    assert "\nshareflow_workers_at_work 1.0\n" in told
    assert await workers_at_work(ground.temporal, "a-queue-of-nobody") == 0
