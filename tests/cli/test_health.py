"""Health and metrics over HTTP, with a ledger that is down or slow."""

import asyncio
import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import urlopen

import pytest
from sqlalchemy import Engine, create_engine

from background.health import Health, serve_health
from domain.clocks import ClockId
from domain.stuck import StuckKind
from embedded.stack.ports import free_port
from ledger.queries.views import Counts, LimitsEnded
from ledger.reader import Reader

NOBODY_LISTENS = "postgresql+psycopg2://x:y@127.0.0.1:1/z"


@pytest.fixture
def port() -> int:
    """A free port."""
    return free_port()


def of(engine: Engine) -> Health:
    nothing: Any = None
    return Health(nothing, Reader(engine), list)


def asked(port: int, path: str) -> tuple[int, str]:
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return answer.status, answer.read().decode()


async def test_metrics_of_a_ledger_that_is_down(port: int) -> None:
    with serve_health(of(create_engine(NOBODY_LISTENS)), port):
        status, text = await asyncio.to_thread(asked, port, "/metrics")
    assert status == 200
    assert "\nshareflow_ledger_up 0.0\n" in text
    assert "shareflow_cases" not in text


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
        )

    monkeypatch.setattr("ledger.reader.Reader.counts", slow)
    monkeypatch.setattr("ledger.leases.Lease.take", lambda _: True)
    with serve_health(of(create_engine(NOBODY_LISTENS)), port):
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
    assert "\nshareflow_messages_pending 7.0\n" in text
    assert "\nshareflow_stuck_cases 3.0\n" in text
    assert '\nshareflow_stuck_by_cause{cause="ledger_unavailable",kind="parked"} 4.0\n' in text
    assert '\nshareflow_breaches_total{clock="delivery"} 2.0\n' in text
    assert '\nshareflow_answer_days_bucket{clock="provider_answer",late="true",le="10.0"} 0.0\n' in text
    assert '\nshareflow_answer_days_bucket{clock="provider_answer",late="true",le="15.0"} 1.0\n' in text
    assert re.search(r"\nshareflow_oldest_message_seconds 36\d\d\.", text)
