"""Health and metrics of a process on a port of their own: /healthz, /readyz, /metrics."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from background.certificate_figures import CertificateFigures, Certificates
from background.figures import LedgerFigures
from background.work_figures import WorkFigures
from ledger.failures import DATABASE_ERRORS
from ledger.reader import Reader
from protocol.connecting import SILENT, TemporalClient, why_not_usable

SECONDS = 6
"""Timeout of the check whether Temporal answers, a little longer than the check's own."""


@dataclass(frozen=True)
class Health:
    """The subjects of the readiness check: server, ledger, the process itself, and its certificates."""

    client: TemporalClient
    reader: Reader
    own: Callable[[], Sequence[str]]
    certificates: Certificates = dict

    def problems(self, loop: asyncio.AbstractEventLoop) -> list[str]:
        """Why the process is not ready, one phrase for each problem; empty if it is."""
        found = [*self.own()]
        try:
            self.reader.ping()
        except DATABASE_ERRORS:
            found.append("the ledger does not answer")
        why_not = self._of_temporal(loop)
        return [*found, why_not] if why_not else found

    def _of_temporal(self, loop: asyncio.AbstractEventLoop) -> str | None:
        """Whether Temporal answers in time, and this process has time to ask."""
        try:
            return asyncio.run_coroutine_threadsafe(why_not_usable(self.client), loop).result(SECONDS)
        except TimeoutError:
            return SILENT


class _HealthServer(ThreadingMixIn, WSGIServer):
    """One thread for each request, so that a slow scrape does not delay a probe."""

    daemon_threads = True


class _HealthServerOfSix(_HealthServer):
    """A health server on an IPv6 address."""

    address_family = socket.AF_INET6


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: probes come every few seconds."""


@contextmanager
def serve_health(
    health: Health, port: int | None, host: str = "127.0.0.1", registry: CollectorRegistry | None = None
) -> Iterator[None]:
    """Serve for the block, with the figures of a registry (None: of ledger and Temporal); port None serves nothing.

    Raises OSError for a port or host that cannot be used.
    """
    if port is None:
        yield
        return
    shown = nullcontext(registry) if registry else _its_own(health)
    with shown as told, _served(_app(health, told), port, host):
        yield


@contextmanager
def _its_own(health: Health) -> Iterator[CollectorRegistry]:
    registry = CollectorRegistry()
    registry.register(WorkFigures(health.client))
    registry.register(CertificateFigures(health.certificates))
    with closing(LedgerFigures(health.reader)) as figures:
        registry.register(figures)
        yield registry


@contextmanager
def _served(app: Callable[..., Iterable[bytes]], port: int, host: str) -> Iterator[None]:
    server_class = _HealthServerOfSix if ":" in host else _HealthServer
    server = make_server(host, port, app, server_class, _Silent)
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _app(health: Health, registry: CollectorRegistry) -> Callable[..., Iterable[bytes]]:
    metrics = make_wsgi_app(registry)
    loop = asyncio.get_running_loop()

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        match environ.get("PATH_INFO"):
            case "/healthz":
                return _text(start_response, "200 OK", "alive")
            case "/readyz":
                problems = health.problems(loop)
                return _text(start_response, "503 Service Unavailable" if problems else "200 OK", "; ".join(problems))
            case "/metrics":
                found: Iterable[bytes] = metrics(environ, start_response)
                return found
            case _:
                return _text(start_response, "404 Not Found", "try /healthz, /readyz or /metrics")

    return answer


def _text(start_response: Callable[..., Any], status: str, body: str) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [(body or "ready").encode() + b"\n"]
