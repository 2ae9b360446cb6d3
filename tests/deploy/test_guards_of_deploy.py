"""What guards an installation stands in its files, and does what it is there for."""

import re
import subprocess
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from tests.deploy.conftest import DEPLOY

SYSTEMD = DEPLOY / "systemd"
HARDENING = (SYSTEMD / "shareflow-.service.d/hardening.conf").read_text("utf-8")
GUARDED = {
    "User": "shareflow",
    "Group": "shareflow",
    "UMask": "0077",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "PrivateUsers": "yes",
}
"""What every process is held to, whatever ``systemd-analyze security`` makes of the rest."""
SEGMENT = "000000010000000000000001"


def lines_of(unit: str, name: str) -> list[str]:
    """What a unit says of one thing, in the order in which systemd takes it."""
    return re.findall(rf"^{name}=(.*)$", unit, re.M)


def started(check: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a unit as systemd would that has filled its words in: no shell but the one it names."""
    words = check.replace("$$", "$")
    return subprocess.run(["/bin/sh", "-c", words], env=environment, capture_output=True, text=True, check=False)


def test_every_process_is_held_to_what_guards_it() -> None:
    for name, value in GUARDED.items():
        assert lines_of(HARDENING, name) == [value], name
    for path in sorted(SYSTEMD.glob("*.service")):
        unit = path.read_text("utf-8")
        assert not any(lines_of(unit, name) for name in GUARDED), path.name
        assert "" not in lines_of(unit, "ExecStartPre"), path.name


def test_no_process_starts_without_a_temporal_of_its_own() -> None:
    assert lines_of(HARDENING, "ExecStartPre") == ["/usr/bin/test -n ${TEMPORAL_ADDRESS}"]


@pytest.mark.parametrize(("number", "may"), [("1", True), ("9", True), ("0", False), ("10", False)])
def test_a_worker_whose_number_gives_no_free_port_is_refused_in_a_sentence(number: str, may: bool) -> None:
    unit = (SYSTEMD / "shareflow-worker@.service").read_text("utf-8").replace("%i", number)
    (port,) = re.findall(r"^Environment=SHAREFLOW_HEALTH_PORT=(.*)$", unit, re.M)
    (check,) = lines_of(unit, "ExecStartPre")
    done = started(check, SHAREFLOW_HEALTH_PORT=port)
    assert (done.returncode == 0, bool(done.stderr)) == (may, not may)
    assert may or f"name a free port for {number} " in done.stderr
    assert started(check, SHAREFLOW_HEALTH_PORT="9481").returncode == 0


def test_a_backup_is_made_at_an_hour_that_there_is() -> None:
    unit = (SYSTEMD / "shareflow-backup.timer").read_text("utf-8")
    (day, hour, zone) = lines_of(unit, "OnCalendar")[0].split()
    assert (day, zone) == ("*-*-*", ZoneInfo("Asia/Shanghai").key)
    assert time.fromisoformat(hour) < time(6)
    assert lines_of(unit, "Persistent") == ["yes"]


def test_a_segment_is_archived_once_and_never_written_over(tmp_path: Path) -> None:
    told = (DEPLOY / "postgres/archive.conf").read_text("utf-8")
    (command,) = re.findall(r"^archive_command = '(.*)'$", told, re.M)
    segment, archive = tmp_path / SEGMENT, tmp_path / "archive"
    archive.mkdir()
    command = command.replace("/var/backups/shareflow-wal", str(archive))
    command = command.replace("%f", SEGMENT).replace("%p", str(segment))
    segment.write_text("first", "utf-8")
    assert started(command).returncode == 0
    assert started(command).returncode == 0, "the server asks again where it died before it had noted it"
    segment.write_text("second", "utf-8")
    assert started(command).returncode != 0
    assert {path.name: path.read_text("utf-8") for path in archive.iterdir()} == {SEGMENT: "first"}


def test_compose_has_each_secret_that_a_process_takes_and_no_other() -> None:
    told = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text("utf-8"))
    taken = {name for service in told["services"].values() for name in service["secrets"]}
    assert told["secrets"] == {name: {"file": f"./{name}"} for name in taken}
    example = (DEPLOY / "compose/.env.example").read_text("utf-8")
    assert taken == set(re.findall(r"`([a-z-]+)`", example))
