"""One trace a command, from the call through workflow and activity to the database, as OpenTelemetry keeps them."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import httpx
import psycopg2
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from opentelemetry.util._once import Once
from sqlalchemy import text
from sqlalchemy.exc import DataError, OperationalError
from temporalio.client import Client
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from api.app import create_app
from api.context import open_context
from api.settings import ApiSettings
from audit.verification.verify import verify
from configuration.errors import StartupError
from configuration.settings import Settings
from configuration.tracing import NOT_TRACED, sending_traces, tracing
from embedded.simulate.sandbox import Sandbox
from ledger.engine import connect
from protocol.names import workflow_id
from protocol.payloads import data_converter
from protocol.traced_commands import TracedCommands
from starter.dossiers import dossier_of
from starter.engine_client import ShareflowClient
from starter.tokens import Issuer
from tests.api.callers import Bearer, People
from tests.engine.looking import handle_of, until
from tests.engine.test_replay import HISTORIES, history
from worker.building import WORKFLOWS, build_worker, working
from workflows.handler_guard import HandlerGuard

QUEUE, PERSON, PURPOSE = "TRACED", "ZHANG-SAN", "低保资格核验-李四"
CALLERS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
RECORDED, RUN, STARTED = "SELECT record_step(%s)", "RunActivity:record_step", "StartActivity:record_step"


@dataclass(frozen=True)
class Traced:
    """An engine that keeps traces: who calls, the client, and what was kept."""

    people: People
    client: ShareflowClient
    kept: InMemorySpanExporter

    def ways(self, name: str = RECORDED) -> list[tuple[str, ...]]:
        """From each span of this name up to what began its trace, or whoever called."""
        spans = self.kept.get_finished_spans()
        there = {_id(span): span for span in spans}
        return [tuple(_upwards(span, there)) for span in spans if span.name == name]

    def of(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.kept.get_finished_spans() if span.name == name]


def _id(span: ReadableSpan) -> tuple[int, int]:
    return span.context.trace_id, span.context.span_id


def _upwards(span: ReadableSpan, there: dict[tuple[int, int], ReadableSpan]) -> Sequence[str]:
    yield span.name
    while span.parent is not None and (above := there.get((span.context.trace_id, span.parent.span_id))):
        span = above
        yield span.name


@pytest.fixture(autouse=True)
def untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process may begin to keep traces once; here each test may, and none afterwards does."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())


@pytest.fixture
async def traced(ground: Sandbox, issuer: Issuer, bearer: Bearer, tmp_path: Path) -> AsyncIterator[Traced]:
    """A worker and an API in this process, which keeps traces until the end of the test."""
    plain, kept = ground.temporal, InMemorySpanExporter()
    with sending_traces(SimpleSpanProcessor(kept), "test") as begun:
        url = ground.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        engine = await asyncio.to_thread(connect, url, cursor=begun.cursor)
        temporal = Client(
            plain.service_client,
            namespace=plain.namespace,
            data_converter=data_converter,
            interceptors=begun.interceptors,
        )
        client = ShareflowClient(temporal, engine, task_queue=QUEUE, patience=timedelta(seconds=20))
        async with (
            working(build_worker(temporal, engine, task_queue=QUEUE, watched=False)),
            open_context(client, ApiSettings(), issuer, tmp_path) as context,
            httpx.AsyncClient(transport=httpx.ASGITransport(create_app(context)), base_url="http://x") as api,
        ):
            yield Traced(People(api, bearer), client, kept)
        engine.dispose()


async def test_a_command_is_one_trace_from_the_call_to_the_database(traced: Traced, ground: Sandbox) -> None:
    people, client = traced.people, traced.client
    request_id = await people.file(purpose=PURPOSE)
    assert traced.ways() == [(RECORDED, RUN, STARTED, "StartUpdateWithStartWorkflow:Case", "POST /v1/requests")]
    filing = {span.context.trace_id for span in traced.kept.get_finished_spans()}

    traced.kept.clear()
    commands = f"/v1/requests/{request_id}/commands"
    done = await people.post("bureau", commands, {"command": "accept"}, traceparent=CALLERS)
    assert done.status_code == 200, done.text
    call = "POST /v1/requests/{request_id}/commands"
    assert traced.ways() == [(RECORDED, RUN, STARTED, "HandleUpdate:command", "StartWorkflowUpdate:command", call)]
    given = {span.context.trace_id for span in traced.kept.get_finished_spans()}
    assert given == {int(CALLERS.split("-")[1], 16)}
    assert not given & filing
    (whole,) = traced.of(call)
    assert whole.parent.span_id == int(CALLERS.split("-")[2], 16)

    traced.kept.clear()
    await handle_of(client, request_id).signal("sync_from_ledger")
    assert await until(lambda: _soon(traced.ways()))
    assert traced.ways() == [(RECORDED, RUN, STARTED)], "what a case does by itself is no part of its filing"

    history = await ground.temporal.get_workflow_handle(workflow_id(request_id)).fetch_history()
    carried = [event for event in history.events if b"traceparent" in event.SerializeToString()]
    assert len(carried) == 4, "the filing's start and update, the command's update, and the signal"
    traced.kept.clear()
    for interceptors in ([HandlerGuard()], [TracedCommands(), HandlerGuard()]):
        again = Replayer(workflows=WORKFLOWS, data_converter=data_converter, interceptors=interceptors,
                         workflow_runner=UnsandboxedWorkflowRunner())  # fmt: skip
        assert (await again.replay_workflow(history)).replay_failure is None
    assert traced.kept.get_finished_spans() == (), "a replay tells nothing twice"

    dossier = await dossier_of(client.reader, client.temporal, request_id)
    found = {each.check: each.result for each in await asyncio.to_thread(verify, dossier)}
    assert (found["digests"], found["history"], found["ledger"]) == ("ok", "ok", "ok")


async def _soon(found: Sequence[object]) -> Sequence[object]:
    return found


async def test_nothing_personal_is_in_a_trace_and_every_line_of_the_log_is_in_one(
    traced: Traced, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    request_id = await traced.people.file(purpose=PURPOSE)
    assert (await traced.people.get("bureau", f"/v1/requests?requester={PERSON}")).status_code == 200
    told = [span.to_json() for span in traced.kept.get_finished_spans()]
    assert [span for span in told if PERSON in span or PURPOSE in span] == []
    assert any("/v1/requests" in span and '"url.query": "-"' in span for span in told)
    traced.kept.clear()
    assert (await traced.people.api.get("/readyz")).status_code == 200
    assert traced.kept.get_finished_spans() == ()

    traced.kept.clear()
    with (
        trace.get_tracer("test").start_as_current_span("whole"),
        traced.client.reader.engine.connect() as connection,
        pytest.raises(DataError, match=PERSON),
    ):
        connection.execute(text("SELECT CAST(:written AS int)"), {"written": PERSON})
    assert [span for span in traced.kept.get_finished_spans() if PERSON in span.to_json()] == []
    (asked,) = traced.of("SELECT CAST(%(written)s")
    assert asked.status.status_code is StatusCode.ERROR
    assert asked.attributes["error.type"] == "psycopg2.errors.InvalidTextRepresentation"

    def away(*_: object) -> None:
        raise OperationalError("SELECT", None, psycopg2.OperationalError("the server went away"))

    monkeypatch.setattr("ledger.reader.Reader.case", away)
    answer = await traced.people.get("bureau", f"/v1/requests/{request_id}", traceparent=CALLERS)
    assert answer.status_code == 503
    (line,) = [record for record in caplog.records if record.getMessage() == "unavailable"]
    assert (line.__dict__["request_id"], line.__dict__["trace_id"]) == (request_id, CALLERS.split("-")[1])


async def test_golden_histories_replay_where_traces_are_kept(traced: Traced) -> None:
    again = Replayer(
        workflows=WORKFLOWS,
        data_converter=data_converter,
        interceptors=[TracedCommands(), HandlerGuard()],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    for path in HISTORIES:
        assert (await again.replay_workflow(history(path))).replay_failure is None, path.stem
    assert traced.kept.get_finished_spans() == ()


class _Collector(BaseHTTPRequestHandler):
    """Takes in what a collector of traces would."""

    taken: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        self.taken.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nobody wants to read it."""


def test_traces_are_sent_to_where_the_standard_says_all_of_them_before_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    collector = ThreadingHTTPServer(("127.0.0.1", 0), _Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    with tracing(Settings(), "shareflow-worker"), trace.get_tracer("test").start_as_current_span("something"):
        pass
    collector.shutdown()
    collector.server_close()
    ((path, body),) = _Collector.taken
    assert path == "/v1/traces"
    assert b"something" in body
    assert b"shareflow-worker" in body


def test_without_a_place_nothing_is_traced_and_without_the_sdk_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with tracing(Settings({}), "shareflow-worker") as begun:
        assert begun is NOT_TRACED
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    named = Settings({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})
    with pytest.raises(StartupError, match=r"SDK is not installed: pip install 'shareflow\[engine,otel\]'"):
        tracing(named, "shareflow-worker").__enter__()
    with pytest.raises(StartupError, match="OTEL_EXPORTER_OTLP_ENDPOINT must be an address"):
        tracing(Settings({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}), "shareflow-worker").__enter__()
