"""PgBouncer by its file before a PostgreSQL that is set up as deploy/README.md says: TLS and passwords, nothing else.

Not among the tests that ``make test`` collects: ``make check-deploy``, as ``tests/deploy/with_tools.py``. The embedded
PostgreSQL knows no TLS, so this one is Debian's (``apt-get install postgresql``).
"""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
import trustme

from embedded.stack.ports import free_port
from ledger.engine import connect
from ledger.errors import LedgerUnavailable
from ledger.queries import events_of
from ledger.recording import record_step
from ledger.schema import migrate
from tests.databases import with_texts
from tests.deploy.conftest import DEPLOY
from tests.deploy.test_roles import ROLES
from tests.deploy.with_tools import ran

PROGRAMS = Path("/usr/lib/postgresql")
PASSWORD = "p%40ss-w0rd"
"""As it stands in an address; its @ is written as any address has it."""
Pooled = Callable[[Path], Callable[[str], str]]
HBA = """local all all trust
hostssl shareflow shareflow_owner,shareflow_app 127.0.0.1/32 scram-sha-256
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """What the user ``postgres`` owns; not pytest's own, which that user could not enter."""
    with tempfile.TemporaryDirectory(prefix="shareflow-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def owned(path: Path) -> None:
    shutil.chown(path, "postgres", "postgres")
    path.chmod(0o600)


@pytest.fixture
def authority(folder: Path) -> Path:
    """The authority of the database's certificate, which PgBouncer is to trust; the certificate lies beside it."""
    ours = trustme.CA()
    server = ours.issue_cert("127.0.0.1", "localhost")
    server.private_key_pem.write_to_path(folder / "server.key")
    server.cert_chain_pems[0].write_to_path(folder / "server.crt")
    ours.cert_pem.write_to_path(folder / "ca.pem")
    for name in ("server.key", "server.crt", "ca.pem"):
        owned(folder / name)
    return folder / "ca.pem"


@pytest.fixture
def database(folder: Path, authority: Path) -> Iterator[int]:
    """The port of a PostgreSQL with a ledger, where both roles have to show a password, over TLS."""
    assert authority.exists()
    (programs,) = [path / "bin" for path in PROGRAMS.iterdir() if (path / "bin/postgres").exists()][-1:]
    data, port = folder / "data", free_port()
    by = ("runuser", "-u", "postgres", "--")
    data.mkdir()
    owned(data)
    data.chmod(0o700)
    assert ran(*by, programs / "initdb", "-D", data, "--auth=trust")[0] == 0
    (data / "pg_hba.conf").write_text(HBA, "utf-8")
    with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(f"ssl = on\nssl_cert_file = '{folder}/server.crt'\nssl_key_file = '{folder}/server.key'\n")
        settings.write(f"port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{data}'\n")
    started = (*by, programs / "pg_ctl", "-D", data, "-w", "-l", data / "log")
    assert ran(*started, "start")[0] == 0, (data / "log").read_text("utf-8")
    try:
        made(data, port)
        yield port
    finally:
        ran(*started, "-m", "immediate", "stop")


def made(data: Path, port: int) -> None:
    """A ledger by roles.sql and ``admin migrate``, with passwords."""
    given = [f"ALTER ROLE {role} PASSWORD 'p@ss-w0rd'" for role in ("shareflow_owner", "shareflow_app")]
    for name, statements in (("postgres", ["CREATE DATABASE shareflow"]), ("shareflow", [ROLES, *given])):
        connection = psycopg2.connect(host=str(data), port=port, user="postgres", dbname=name)
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()
    owner = connect(f"postgresql://shareflow_owner:{PASSWORD}@127.0.0.1:{port}/shareflow", pool_size=1)
    migrate(owner)
    with_texts(owner)
    owner.dispose()


@pytest.fixture
def pooled(folder: Path, database: int) -> Iterator[Pooled]:
    """Starts PgBouncer as deploy/README.md has one type, with the places of here; gives its address for a password."""
    page = (DEPLOY / "README.md").read_text("utf-8").partition("\n## PgBouncer")[2]
    typed = re.findall(r"^```\n(.*?)systemctl restart pgbouncer\n```$", page, re.M | re.S)[0]
    running: list[subprocess.Popen[bytes]] = []

    def start(authority: Path) -> Callable[[str], str]:
        port = free_port()
        here = typed.replace("/etc/pgbouncer", str(folder)).replace("psql ", f"psql -h {folder}/data -p {database} ")
        assert ran("/bin/sh", "-euc", here) == (0, "")
        file = folder / "pgbouncer.ini"
        text = file.read_text("utf-8")
        for was, now in (
            ("host=database.example.gov.cn port=5432", f"host=127.0.0.1 port={database}"),
            ("listen_port = 6432", f"listen_port = {port}\nunix_socket_dir ="),
            ("/etc/pgbouncer/userlist.txt", f"{folder}/userlist.txt"),
            ("/etc/pgbouncer/database-ca.pem", str(authority)),
        ):
            assert was in text, was
            text = text.replace(was, now)
        file.write_text(text, "utf-8")
        log = folder / f"{port}.log"
        with log.open("wb") as shown:
            command = ["/usr/sbin/pgbouncer", "-u", "postgres", str(file)]
            running.append(subprocess.Popen(command, stdout=shown, stderr=shown))
        for _ in range(100):
            if b"process up" in log.read_bytes():
                break
            time.sleep(0.05)
        return lambda password: f"postgresql://shareflow_app:{password}@127.0.0.1:{port}/shareflow"

    yield start
    for process in running:
        process.terminate()
        process.wait(20)


@pytest.mark.usefixtures("database")
def test_a_ledger_is_recorded_in_through_pgbouncer_by_tls_and_a_password(
    pooled: Pooled, folder: Path, authority: Path, steps, resolve
) -> None:
    address = pooled(authority)
    engine = connect(address(PASSWORD), pool_size=3)
    record_step(engine, steps.filing(), resolve, "sm3")
    assert len(events_of(engine, steps.request_id)) == 2
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").scalar()
    engine.dispose()
    assert "p@ss" not in (folder / "userlist.txt").read_text("utf-8")
    with pytest.raises(LedgerUnavailable, match=r"password|SASL"):
        connect(address("another"), pool_size=1).connect()


@pytest.mark.usefixtures("database")
def test_pgbouncer_does_not_come_to_a_database_of_another_authority(pooled: Pooled, folder: Path) -> None:
    foreign = folder / "foreign.pem"
    trustme.CA().cert_pem.write_to_path(foreign)
    owned(foreign)
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(pooled(foreign)(PASSWORD), connect_timeout=2)
    (log,) = folder.glob("*.log")
    assert "certificate verify failed" in log.read_text("utf-8")
