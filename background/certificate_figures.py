"""Figures of certificates for Prometheus: one that expires stops everything at once, and is known long before."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Certificates = Callable[[], Mapping[str, datetime]]
"""Looks up until when each certificate is good, by what it is for."""
FRESH: Final = 3600.0
"""For so many seconds what was looked up holds: servers are asked, and certificates are good for months."""


class CertificateFigures(Collector):
    """Told by every process, of the files that it has and the servers that it meets."""

    def __init__(self, look: Certificates) -> None:
        self._look = look
        self._ends: Mapping[str, datetime] = {}
        self._looked = float("-inf")
        self._one_at_a_time = threading.Lock()

    def collect(self) -> Iterable[Metric]:
        """How long each is good yet; below 0 once it has expired."""
        with self._one_at_a_time:
            if time.monotonic() - self._looked > FRESH:
                self._ends, self._looked = self._look(), time.monotonic()
            ends = self._ends
        left = GaugeMetricFamily(
            "shareflow_certificate_seconds",
            "How long a certificate that the process shows, trusts or meets is good yet.",
            labels=["certificate"],
        )
        for name, until in ends.items():
            left.add_metric([name], (until - datetime.now(UTC)).total_seconds())
        return [left]
