"""A machine that boots: the files of this one, systemd, and deploy/systemd installed with what it needs beside.

Root alone can make one. PostgreSQL and Temporal are the embedded ones, each in a unit of its own and without a network
but its own.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded.stack.postgres import programs_folder
from embedded.stack.temporal import program
from tests.deploy.conftest import DEPLOY

ROOT = DEPLOY.parent
PYTHON, INSTALLED = Path("opt/python"), Path("opt/shareflow/.venv")
SOURCE, LIBRARIES = Path("opt/source"), Path("opt/libraries")
"""Where the machine has this repository and what is installed for it: wherever they are, units see no /tmp or /root."""
SECONDS = 240

POSTGRES_UNIT = """[Service]
User=pgserver
ExecStart={bin}/postgres -D /srv/pg -h 127.0.0.1 -p 5432 -k /srv/pg
"""
TEMPORAL_UNIT = """[Service]
ExecStart={temporal} server start-dev --headless --port 7233 --log-level error
"""
DATABASE_UNIT = """[Unit]
Requires=postgres.service
After=postgres.service temporal.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'until {bin}/pg_isready -q -h 127.0.0.1; do sleep 0.2; done'
ExecStart={bin}/createdb -h 127.0.0.1 -U postgres shareflow
ExecStart={bin}/psql -q -h 127.0.0.1 -U postgres -v ON_ERROR_STOP=1 -d shareflow -f {root}/deploy/postgres/roles.sql
ExecStart=/bin/sh -c 'until : 2>/dev/null </dev/tcp/127.0.0.1/7233; do sleep 0.2; done'
"""
TRY_UNIT = """[Unit]
After=database.service
[Service]
Type=oneshot
ExecStart=/bin/bash {root}/tests/deploy/booted/try.sh
ExecStopPost=/bin/systemctl --no-block exit
"""
TARGET = """[Unit]
Wants=systemd-journald.service postgres.service temporal.service database.service try.service
After=systemd-journald.service
"""
ENVIRONMENT = """TEMPORAL_ADDRESS=127.0.0.1:7233
TEMPORAL_NAMESPACE=shareflow
SHAREFLOW_OIDC_ISSUER=http://127.0.0.1:9
SHAREFLOW_OIDC_AUDIENCE=shareflow
SHAREFLOW_API_HEALTH_PORT=9470
LD_LIBRARY_PATH=/opt/python/lib
"""


@contextmanager
def machine(folder: Path) -> Iterator[Path]:
    """The root of a machine, ready to boot; nothing that happens there reaches this one."""
    upper, work, root = folder / "upper", folder / "work", folder / "root"
    for each in (upper, work, root):
        each.mkdir()
    options = f"lowerdir=/,upperdir={upper},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, root], check=True)
    try:
        _install(root)
        yield root
    finally:
        subprocess.run(["umount", root], check=True)


def boot(root: Path) -> dict[str, str]:
    """Boot a machine, let it try what it is for, and give what it said of that."""
    command = ("systemd-nspawn", "--quiet", "--boot", "-D", str(root), "--register=no", "--keep-unit")
    seen = {sys.base_prefix: PYTHON, str(ROOT): SOURCE, sys.prefix: LIBRARIES}
    inside = (*(f"--bind-ro={there}:/{here}" for there, here in seen.items()), "--private-network")
    subprocess.run(
        [*command, *inside, "--", "--unit=try.target"],
        env={**os.environ, "UNIFIED_CGROUP_HIERARCHY": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    said = (root / "srv/said").read_text("utf-8").splitlines()
    return dict(line.split(": ", 1) for line in said)


def _install(root: Path) -> None:
    _program(root)
    _database(root)
    units = root / "etc/systemd/system"
    shutil.copytree(DEPLOY / "systemd", units, dirs_exist_ok=True)
    for kind in ("sysusers", "tmpfiles"):
        _write(root / f"etc/{kind}.d/shareflow.conf", (DEPLOY / f"systemd/{kind}.conf").read_text("utf-8"))
    places = {"bin": _inside(programs_folder()), "temporal": _inside(program()), "root": f"/{SOURCE}"}
    for name, unit in (
        ("postgres.service", POSTGRES_UNIT),
        ("temporal.service", TEMPORAL_UNIT),
        ("database.service", DATABASE_UNIT),
        ("try.service", TRY_UNIT),
        ("try.target", TARGET),
    ):
        _write(units / name, unit.format(**places))
    _write(root / "etc/shareflow/shareflow.env", ENVIRONMENT)
    for name, role in (("database-url", "shareflow_app"), ("migration-url", "shareflow_owner")):
        _write(root / f"etc/shareflow/credentials/{name}", f"postgresql://{role}@127.0.0.1:5432/shareflow")
    key = root / "etc/shareflow/credentials/log-key"
    shareflow = Path(sys.executable).with_name("shareflow")
    subprocess.run([shareflow, "audit", "key", "--secret", key], check=True, capture_output=True)


def _inside(file: Path | str) -> Path:
    """Where the machine has a file of what is installed."""
    return Path("/", LIBRARIES, Path(file).resolve().relative_to(Path(sys.prefix).resolve()))


def _program(root: Path) -> None:
    """The program where the units look for it, on the Python of this run: the home of root is hidden from them."""
    bin_, site = root / INSTALLED / "bin", Path(shutil.__file__).parent.name
    packages = root / INSTALLED / "lib" / site / "site-packages"
    for each in (root / PYTHON, root / SOURCE, root / LIBRARIES, bin_, packages):
        each.mkdir(parents=True)
    (bin_ / "python").symlink_to(f"/{PYTHON}/bin/{site}")
    _write(root / INSTALLED / "pyvenv.cfg", f"home = /{PYTHON}/bin\n")
    _write(packages / "here.pth", f"/{LIBRARIES}/lib/{site}/site-packages\n/{SOURCE}\n")
    _write(bin_ / "shareflow", f"#!/{INSTALLED}/bin/python\nfrom cli import main\nmain()\n")
    (bin_ / "shareflow").chmod(0o755)


def _database(root: Path) -> None:
    data = root / "srv/pg"
    data.mkdir(parents=True)
    shutil.chown(data, "pgserver")
    made = (programs_folder() / "initdb", "-D", data, "--auth=trust", "-U", "postgres")
    subprocess.run(["runuser", "-u", "pgserver", "--", *made], check=True, capture_output=True)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
