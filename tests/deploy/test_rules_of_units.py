"""What must hold of the units together, read as systemd does: they come back, are started, have time to end."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.serving import DRAIN_SECONDS
from configuration.settings import Settings
from tests.deploy.conftest import DEPLOY
from worker.building import SHUTDOWN_SECONDS

SYSTEMD = DEPLOY / "systemd"
OF_SYSTEMD = {"multi-user.target", "network-online.target", "sockets.target", "timers.target"}
"""Units of its own that ours may name."""
RELATIONS = {"Wants", "WantedBy", "Requires", "RequiredBy", "After", "Before", "PartOf", "BindsTo", "OnFailure", "Unit"}
STAYING = ("shareflow-api.service", "shareflow-worker@.service")


def said(path: Path) -> list[tuple[str, str]]:
    """What a unit or drop-in says, line by line."""
    lines = path.read_text("utf-8").splitlines()
    return [(name, value) for name, mark, value in (line.partition("=") for line in lines) if mark and name.isalpha()]


def one(path: Path, name: str) -> str:
    (value,) = [value for each, value in said(path) if each == name]
    return value


def files() -> Iterator[Path]:
    kinds = {".service", ".socket", ".timer", ".target", ".conf"}
    others = {"sysusers.conf", "tmpfiles.conf"}
    yield from (path for path in sorted(SYSTEMD.rglob("*")) if path.suffix in kinds and path.name not in others)


def example() -> dict[str, str]:
    lines = (SYSTEMD / "shareflow.env.example").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("path", [*files()], ids=lambda path: path.name)
def test_a_unit_leans_on_units_that_there_are(path: Path) -> None:
    there = {each.name for each in SYSTEMD.iterdir()} | OF_SYSTEMD
    named = {re.sub(r"@\d", "@", unit) for name, value in said(path) if name in RELATIONS for unit in value.split()}
    assert named <= there


@pytest.mark.parametrize("name", STAYING)
def test_what_stays_comes_back_however_it_ended(name: str) -> None:
    assert one(SYSTEMD / name, "Restart") == "always"
    assert 0 < int(one(SYSTEMD / name, "RestartSec")) <= 10
    assert {value for each, value in said(SYSTEMD / name) if each.startswith("StartLimit")} == set()


def test_everything_is_started_with_the_machine() -> None:
    """The target by systemd, what stays by the target, the timer by it too."""
    target = SYSTEMD / "shareflow.target"
    assert one(target, "WantedBy") == "multi-user.target"
    api, *workers = one(target, "Wants").split()
    assert (api, workers) == (STAYING[0], [STAYING[1].replace("@", f"@{number}") for number in (1, 2)]), (
        "two workers, so that one carries cases while the other is started anew"
    )
    by_itself = {path.name for path in files() if ("WantedBy", "shareflow.target") in said(path)}
    assert by_itself == {path.name for path in SYSTEMD.glob("*.timer")}


def test_each_process_has_time_to_end_what_it_has_begun() -> None:
    """Longer than it takes by itself: systemd would kill it in the midst of a call."""
    unready = Settings(example()).api_unready
    assert int(one(SYSTEMD / STAYING[0], "TimeoutStopSec")) >= 2 * (unready + DRAIN_SECONDS)
    assert int(one(SYSTEMD / STAYING[1], "TimeoutStopSec")) > SHUTDOWN_SECONDS


def test_no_two_processes_of_a_machine_have_one_port() -> None:
    api = Settings(example()).api_health_port
    ports = [str(api), *(worker_port(str(number)) for number in range(1, 10)), str(Settings({}).api_port)]
    assert len(set(ports)) == len(ports)
    page = (DEPLOY / "README.md").read_text("utf-8")
    asked = re.findall(r"http://127\.0\.0\.1:(\d+)/readyz", page.partition("## With containers")[0])
    assert asked == ports[:3], "the page asks the API and the first two workers"


def worker_port(number: str) -> str:
    (port,) = re.findall(r"^Environment=SHAREFLOW_HEALTH_PORT=(.*)$", (SYSTEMD / STAYING[1]).read_text("utf-8"), re.M)
    return port.replace("%i", number)


def test_a_held_port_is_where_the_api_would_listen() -> None:
    usual = Settings({})
    assert one(SYSTEMD / "shareflow-api.socket", "ListenStream") == f"{usual.api_host}:{usual.api_port}"


def test_what_is_kept_has_one_place() -> None:
    """The user's home, the state of the units, what the program is told and what tmpfiles.d makes are one folder."""
    hardening = SYSTEMD / "shareflow-.service.d/hardening.conf"
    state = f"/var/lib/{one(hardening, 'StateDirectory')}"
    told = [value for name, value in said(hardening) if name == "Environment"]
    assert told == [f"SHAREFLOW_STATE={state}"]
    users = [line.split() for line in (SYSTEMD / "sysusers.conf").read_text("utf-8").splitlines() if line[:1] == "u"]
    assert [(each[1], each[-1]) for each in users] == [(one(hardening, "User"), state)]
    made = [line.split() for line in (SYSTEMD / "tmpfiles.conf").read_text("utf-8").splitlines() if line[:1] == "d"]
    folders = {path: (mode, user) for _, path, mode, user, _ in made}
    assert folders[state] == ("0700", one(hardening, "User"))
    written = one(SYSTEMD / "shareflow-backup.service", "ReadWritePaths")
    assert folders[written] == ("0700", one(hardening, "User"))
    assert folders["/etc/shareflow/credentials"] == ("0700", "root")


def test_calls_of_the_system_are_those_of_a_service_and_none_that_gives_power() -> None:
    hardening = said(SYSTEMD / "shareflow-.service.d/hardening.conf")
    allowed, denied = (value.split() for name, value in hardening if name == "SystemCallFilter")
    assert allowed == ["@system-service"]
    assert denied[0].startswith("~")
    assert {"@privileged", "@resources"} <= {each.lstrip("~") for each in denied}


def test_a_worker_of_a_build_is_the_worker_but_for_its_program() -> None:
    own, usual = "/opt/shareflow/RELEASE/", "/opt/shareflow/.venv/"
    told = [(name, value.replace(own, usual)) for name, value in said(SYSTEMD / "build.conf")]
    assert told == [
        ("Environment", "TEMPORAL_WORKER_BUILD_ID=RELEASE"),
        ("ExecStart", ""),
        ("ExecStart", one(SYSTEMD / STAYING[1], "ExecStart")),
    ]


def test_the_command_line_reads_settings_as_systemd_does(tmp_path: Path) -> None:
    settings = {
        "SHAREFLOW_TRUSTED_PROXIES": "127.0.0.1, ::1",
        "SHAREFLOW_MAIL_FROM": "Shareflow 平台 <share@example.gov.cn>",
        "SHAREFLOW_OIDC_CLIENT_ID": "a&b$c;`d`=#e",
    }
    told = "".join(f"{name}={value}\n" for name, value in settings.items()) + "SHAREFLOW_MAIL_USER=CITY\\\\share\n"
    quoted = (
        "# a comment = none\n\n  SHAREFLOW_PUBLIC_URL=\"https://share.example.gov.cn\"  \nSHAREFLOW_CLAIM_ORG='o r g'"
    )
    settings |= {"SHAREFLOW_MAIL_USER": "CITY\\share"}
    settings |= {"SHAREFLOW_PUBLIC_URL": "https://share.example.gov.cn", "SHAREFLOW_CLAIM_ORG": "o r g"}
    (tmp_path / "shareflow.env").write_text(told + quoted, "utf-8")
    program = tmp_path / "0.4.0/bin/shareflow"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nenv -0\nprintf %s "$1 $2"', "utf-8")
    program.chmod(0o755)
    script = (SYSTEMD / "operate.sh").read_text("utf-8")
    here = script.replace("/etc/shareflow", str(tmp_path)).replace("/opt/shareflow", str(tmp_path))
    done = subprocess.run(
        ["sh", "-c", here, "shareflow", "request", "list"],
        env={"PATH": os.environ["PATH"], "RELEASE": "0.4.0"},
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    *seen, asked = done.stdout.split("\0")
    found = dict(each.split("=", 1) for each in seen)
    assert (asked, {name: found.get(name) for name in settings}) == ("request list", settings)
    assert found["SHAREFLOW_DATABASE_URL_FILE"] == f"{tmp_path}/credentials/database-url"
    assert "SHAREFLOW_PAYLOAD_KEYS" not in found
