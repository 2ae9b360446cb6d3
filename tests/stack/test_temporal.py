"""The embedded Temporal."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from configuration.errors import StartupError
from configuration.settings import Settings
from embedded.stack import temporal as stack
from embedded.stack.temporal import Ports, TemporalOptions, ports_from, start_temporal

ANY = Ports(frontend=0, ui=None)
ATTRIBUTES = {"Stage": "Keyword", "DueAt": "Datetime"}


async def test_it_starts_keeps_its_data_and_stops(tmp_path: Path) -> None:
    options = TemporalOptions(
        ports=Ports(0, 0),
        database=tmp_path / "temporal.db",
        log=tmp_path / "temporal.log",
        search_attributes=ATTRIBUTES,
        dynamic_config=["frontend.WorkflowTimeSkippingEnabled=true"],
    )
    server = await start_temporal(options)
    try:
        client = await Client.connect(server.address, namespace=server.namespace)
        known = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace="default"))
        assert ATTRIBUTES.keys() <= known.custom_attributes.keys()
        port = int(server.ui.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=30):
            pass
    finally:
        await server.stop()
    assert server.ended
    await server.stop()
    assert (tmp_path / "temporal.db").exists()
    again = await start_temporal(options)
    await again.stop()


async def test_a_copy_made_after_a_kill_has_what_was_committed(tmp_path: Path) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    for folder in (here, elsewhere):
        folder.mkdir()
    server = await start_temporal(TemporalOptions(ports=ANY, database=here / "temporal.db"))
    client = await Client.connect(server.address, namespace=server.namespace)
    await client.start_workflow("Open", id="open", task_queue="nobody")
    os.kill(server.pid, signal.SIGKILL)
    await server.stop()
    assert (here / "temporal.db-wal").exists()
    for file in here.glob("temporal.db*"):
        shutil.copy(file, elsewhere)
    again = await start_temporal(TemporalOptions(ports=ANY, database=elsewhere / "temporal.db"))
    try:
        client = await Client.connect(again.address, namespace=again.namespace)
        found = await client.get_workflow_handle("open").describe()
    finally:
        await again.stop()
    assert found.workflow_type == "Open"


async def test_a_server_left_by_a_killed_stack_is_ended(tmp_path: Path) -> None:
    program = (
        "import asyncio, os, signal; from pathlib import Path; from embedded.stack.temporal import *\n"
        f"o = TemporalOptions(ports=Ports(0, None), database=Path({str(tmp_path / 't.db')!r}))\n"
        "t = asyncio.run(start_temporal(o)); print(t.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ran = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True)
    orphan = int(ran.stdout)
    assert "t.db" in stack._command_line(orphan)
    server = await start_temporal(TemporalOptions(ports=ANY, database=tmp_path / "t.db"))
    await server.stop()
    assert "t.db" not in stack._command_line(orphan)


@pytest.mark.parametrize(("part", "variable"), [("frontend", "SHAREFLOW_TEMPORAL_PORT"), ("ui", "SHAREFLOW_UI_PORT")])
async def test_a_port_in_use_is_named_with_its_variable(part: str, variable: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports = Ports(port, None) if part == "frontend" else Ports(0, port)
        with pytest.raises(StartupError, match=f"Port {port} is in use .*{variable}"):
            await start_temporal(TemporalOptions(ports=ports))


async def test_a_server_that_ends_says_why(tmp_path: Path) -> None:
    options = TemporalOptions(ports=ANY, log=tmp_path / "log", search_attributes={"A": "NoSuchType"})
    with pytest.raises(StartupError, match=r"Temporal ended while it started: .*NoSuchType"):
        await start_temporal(options)


@pytest.mark.parametrize("database", ["temporal.db", None])
async def test_one_that_does_not_listen_to_reason_is_killed(
    database: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "_STOP_SECONDS", 0.2)
    server = await start_temporal(TemporalOptions(ports=ANY, database=tmp_path / database if database else None))
    os.kill(server.pid, signal.SIGSTOP)
    await server.stop()
    assert server.ended


def test_no_program_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack.shutil, "which", lambda *_, **__: None)
    with pytest.raises(StartupError, match="make setup"):
        stack.program()


def test_ports_from_the_environment() -> None:
    assert ports_from(Settings({})) == Ports(7233, 8233)
    assert ports_from(Settings({"SHAREFLOW_TEMPORAL_PORT": "1234", "SHAREFLOW_UI_PORT": "0"})) == Ports(1234, 0)
    for wrong in ("x", "-1", "65536", "７"):
        with pytest.raises(StartupError, match="SHAREFLOW_UI_PORT"):
            ports_from(Settings({"SHAREFLOW_UI_PORT": wrong}))
