"""A machine that boots: the files of this one, systemd, and beside them what deploy/README.md takes for granted.

Root alone can make one. PostgreSQL and Temporal are the embedded ones, the issuer of tokens is two files, each in a
unit of its own and without a network but its own. What the README has one type is typed there, word for word.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent

import jwt
import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from domain.words import Role
from embedded.stack.temporal import program
from tests.api.callers import filing
from tests.deploy.conftest import DEPLOY
from tests.engine.cases import REQUESTER

ROOT = DEPLOY.parent
PYTHON, INSTALLED = Path("opt/python"), Path("opt/shareflow", version("shareflow"))
(PROGRAMS,) = [path / "bin" for path in Path("/usr/lib/postgresql").iterdir()][-1:]
"""Debian's PostgreSQL: the embedded one knows no TLS."""
SOURCE, LIBRARIES = Path("opt/source"), Path("opt/libraries")
"""Where the machine has this repository and what is installed for it: wherever they are, units see no /tmp or /root."""
SECONDS = 240

POSTGRES_UNIT = """[Service]
User=postgres
ExecStart={bin}/postgres -D /srv/pg
"""
POSTGRES = """listen_addresses = '127.0.0.1'
unix_socket_directories = '/srv/pg'
ssl = on
ssl_cert_file = '/srv/tls/database.crt'
ssl_key_file = '/srv/tls/database.key'
"""
HBA = """local all all trust
hostssl shareflow shareflow_owner,shareflow_app 127.0.0.1/32 scram-sha-256
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
ExecStart=/bin/sh -c 'until {bin}/pg_isready -q -h /srv/pg; do sleep 0.2; done'
ExecStart={bin}/createdb -h /srv/pg -U postgres shareflow
ExecStart={bin}/psql -q -h /srv/pg -U postgres -v ON_ERROR_STOP=1 -d shareflow -f {root}/deploy/postgres/roles.sql
ExecStart={bin}/psql -q -h /srv/pg -U postgres -d shareflow -f /srv/passwords.sql
ExecStart=/bin/sh -c 'until : 2>/dev/null </dev/tcp/127.0.0.1/7233; do sleep 0.2; done'
"""
ISSUER_UNIT = """[Service]
Environment=LD_LIBRARY_PATH=/opt/python/lib
ExecStart=/{python} -m http.server --bind 127.0.0.1 --directory /srv/issuer 9000
"""
TRY_UNIT = """[Unit]
After=database.service
[Service]
Type=oneshot
ExecStart=/bin/bash {root}/tests/deploy/booted/try.sh
ExecStopPost=/bin/systemctl --no-block exit
"""
TARGET = """[Unit]
Wants=systemd-journald.service postgres.service temporal.service issuer.service database.service try.service
After=systemd-journald.service
"""
ENVIRONMENT = """TEMPORAL_ADDRESS=127.0.0.1:7233
TEMPORAL_NAMESPACE=shareflow
SHAREFLOW_OIDC_ISSUER={issuer}
SHAREFLOW_OIDC_AUDIENCE=shareflow
SHAREFLOW_PUBLIC_URL=https://{site}
SHAREFLOW_TRUSTED_PROXIES=127.0.0.1, ::1
SSL_CERT_FILE=/etc/shareflow/authorities.pem
SHAREFLOW_API_HEALTH_PORT=9470
LD_LIBRARY_PATH=/opt/python/lib
"""


ISSUER = "http://127.0.0.1:9000"
SITE = "share.example.gov.cn"
"""The name that stands in deploy/proxy/nginx.conf; the machine has it for its own."""
STEPS = ("program", "database", "units", "secrets", "sealing", "start", "proxy", "doctor", "holding", "builds")
"""What the README has one type on a machine with systemd, in its order."""


def typed() -> dict[str, str]:
    """The commands of deploy/README.md for machines with systemd, by step, with the names of this machine filled in."""
    section = (
        (DEPLOY / "README.md").read_text("utf-8").partition("## On machines with systemd")[2].partition("\n## ")[0]
    )
    found = [dedent(block) for block in re.findall(r"^ +```\n(.*?)^ +```$", section, re.M | re.S)]
    return dict(zip(STEPS, [each.replace("PASSWORD@DATABASE", "p%40ss@127.0.0.1") for each in found], strict=True))


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
    _certificates(root)
    _database(root)
    _issuer(root / "srv")
    units = root / "etc/systemd/system"
    python = INSTALLED / "bin/python"
    places = {"bin": PROGRAMS, "temporal": _inside(program()), "root": f"/{SOURCE}", "python": python}
    for name, unit in (
        ("postgres.service", POSTGRES_UNIT),
        ("temporal.service", TEMPORAL_UNIT),
        ("issuer.service", ISSUER_UNIT),
        ("database.service", DATABASE_UNIT),
        ("try.service", TRY_UNIT),
        ("try.target", TARGET),
    ):
        _write(units / name, unit.format(**places))
    _write(root / "srv/shareflow.env", ENVIRONMENT.format(issuer=ISSUER, site=SITE))
    for step, commands in typed().items():
        _write(root / f"srv/typed/{step}", commands)


def _issuer(srv: Path) -> None:
    """An issuer as it publishes itself, what is to be filed there, and the tokens of who files and who accepts."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "here", "use": "sig", "alg": "ES256"}
    _write(srv / "issuer/keys", json.dumps({"keys": [public]}))
    told = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}
    _write(srv / "issuer/.well-known/openid-configuration", json.dumps(told))
    _write(srv / "filing.json", json.dumps(filing()))
    now = datetime.now(UTC)
    for role, org in ((Role.REQUESTER, REQUESTER), (Role.BUREAU, "bureau")):
        whose = {"sub": role, "org": org, "roles": [role], "jurisdiction": ["*"]}
        until = {"iss": ISSUER, "aud": "shareflow", "iat": now, "exp": now + timedelta(hours=1)}
        _write(srv / f"token-{role}", jwt.encode({**whose, **until}, key, "ES256", headers={"kid": "here"}))


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
    (root / "opt/shareflow/.venv").symlink_to(INSTALLED.name)


def _database(root: Path) -> None:
    """A PostgreSQL as the README has it: by TLS and with passwords, but for who is on the machine itself."""
    data = root / "srv/pg"
    data.mkdir(parents=True)
    shutil.chown(data, "postgres")
    made = (PROGRAMS / "initdb", "-D", data, "--auth=trust", "-U", "postgres")
    subprocess.run(["runuser", "-u", "postgres", "--", *made], check=True, capture_output=True)
    _write(data / "pg_hba.conf", HBA)
    roles = ("shareflow_owner", "shareflow_app")
    _write(root / "srv/passwords.sql", "".join(f"ALTER ROLE {role} PASSWORD 'p@ss';" for role in roles))
    with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(POSTGRES)


def _certificates(root: Path) -> None:
    """An authority of one's own, and its certificates for the database and for what stands before the API."""
    ours, tls, site = trustme.CA(), root / "srv/tls", root / "etc/ssl/shareflow"
    for each in (tls, site):
        each.mkdir(parents=True)
    ours.cert_pem.write_to_path(tls / "ca.pem")
    for name, key, chain in (
        ("127.0.0.1", tls / "database.key", tls / "database.crt"),
        (SITE, site / "key.pem", site / "fullchain.pem"),
    ):
        made = ours.issue_cert(name)
        made.private_key_pem.write_to_path(key)
        made.cert_chain_pems[0].write_to_path(chain)
        key.chmod(0o600)
    shutil.chown(tls / "database.key", "postgres")
    _write(root / "etc/hosts", f"127.0.0.1 localhost {SITE}\n")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
