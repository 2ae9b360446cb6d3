"""Figures of Temporal for Prometheus, as seen by a process: whether it answers, and how many workers get tasks."""

import asyncio
import threading
import time
from collections.abc import Iterable
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from protocol.asking import TEMPORAL_FAILED
from protocol.connecting import TemporalClient
from protocol.names import TASK_QUEUE
from protocol.pollers import workers_at_work

FRESH: Final = 10.0
"""Seconds for which answers are cached, so that several scrapers cost one request."""
PATIENCE: Final = 6.0
"""Timeout in seconds, including the time until this process gets to ask."""


class WorkFigures(Collector):
    """Reported by every process on its own namespace, so that an API without workers shows it.

    Created where an event loop runs, on which Temporal is asked; scraped from other threads.
    """

    def __init__(self, client: TemporalClient) -> None:
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._at_work: int | None = None
        self._looked = float("-inf")
        self._one_at_a_time = threading.Lock()

    def collect(self) -> Iterable[Metric]:
        """Whether Temporal answers and, if it does, how many workers get tasks."""
        up = GaugeMetricFamily("shareflow_temporal_up", "Whether Temporal answers for the namespace of the process.")
        with self._one_at_a_time:
            if time.monotonic() - self._looked > FRESH:
                self._at_work = self._asked()
                self._looked = time.monotonic()
            found = self._at_work
        up.add_metric([], 0 if found is None else 1)
        if found is None:
            return [up]
        at_work = GaugeMetricFamily(
            "shareflow_workers_at_work", "Workers that ask for the tasks of cases and are given them."
        )
        at_work.add_metric([], found)
        return [up, at_work]

    def _asked(self) -> int | None:
        asking = asyncio.run_coroutine_threadsafe(workers_at_work(self._client, TASK_QUEUE), self._loop)
        try:
            return asking.result(PATIENCE)
        except (*TEMPORAL_FAILED, RuntimeError):  # RuntimeError: the server was never reached
            return None
        except TimeoutError:
            asking.cancel()
            return None
