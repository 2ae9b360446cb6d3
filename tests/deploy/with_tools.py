"""deploy/ as the programs read it that will run it: each file is loaded by its own program, and altered is refused.

Not among the tests that ``make test`` collects, for it needs those programs: ``make check-deploy``, after
``apt-get install systemd nginx pgbouncer prometheus
prometheus-alertmanager`` (``.ci/run`` does both). A missing program fails.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest
import yaml
from promql_parser import parse

from configuration.settings import environment_with
from embedded.simulate.sandbox import Sandbox
from embedded.stack.ports import free_port
from embedded.stack.postgres import programs_folder
from ledger.dumping import PostgresTools, dump, restore, restored_from
from ledger.engine import connect
from ledger.errors import LedgerUnavailable
from ledger.leases import Lease
from ledger.queries import events_of
from ledger.recording import record_step
from ledger.schema import migrate
from tests.databases import with_texts
from tests.deploy.conftest import DEPLOY
from tests.deploy.test_roles import ROLES, in_the_name_of

BIN = Path(sys.executable).parent
SERVICES = ("setup", "api", "worker@1", "backup")
EXPOSURE = 2.0
TOOLS = PostgresTools([programs_folder()], environment_with)
YAML = "{extends: default, rules: {line-length: {max: 140}, document-start: disable, braces: {max-spaces-inside: 1}}}"


def ran(*command: object, **environment: str) -> tuple[int, str]:
    """How a program ended, and all that it said."""
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


# systemd


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with the program that is installed here."""
    folder = tmp_path / "units"
    shutil.copytree(DEPLOY / "systemd", folder)
    for name, whose in (("payload-keys", "shareflow-"), ("held-port", "shareflow-api")):
        (folder / f"{whose}.service.d").mkdir(exist_ok=True)
        (folder / f"{name}.conf").rename(folder / f"{whose}.service.d/{name}.conf")
    for path in folder.glob("*.service"):
        path.write_text(path.read_text("utf-8").replace("/opt/shareflow/.venv/bin", str(BIN)), "utf-8")
    return folder


def verified(units: Path) -> str:
    """What systemd has to say of the units: it ends with 0 whatever it does not know."""
    names = [*(f"shareflow-{name}.service" for name in SERVICES), "shareflow.target", "shareflow-backup.timer"]
    return ran("systemd-analyze", "verify", *(units / name for name in names), SYSTEMD_UNIT_PATH=f"{units}:")[1]


def test_systemd_takes_the_units_without_a_word(units: Path) -> None:
    assert verified(units) == ""


@pytest.mark.parametrize("name", ["hardening", "payload-keys"])
@pytest.mark.parametrize("wrong", ["ProtectSystems=strict", "RestartSec=soon", "SystemCallFilter=@sytem-service"])
def test_systemd_finds_a_wrong_line(units: Path, name: str, wrong: str) -> None:
    path = units / f"shareflow-.service.d/{name}.conf"
    path.write_text(f"{path.read_text('utf-8')}{wrong}\n", "utf-8")
    assert wrong.partition("=")[0] in verified(units) or wrong.partition("=")[2] in verified(units)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_hardened(units: Path, service: str) -> None:
    code, said = ran(
        "systemd-analyze",
        "security",
        "--offline=true",
        f"--threshold={EXPOSURE * 10:.0f}",
        "--no-pager",
        f"shareflow-{service}.service",
        SYSTEMD_UNIT_PATH=f"{units}:",
    )
    assert code == 0, said
    level = re.search(r"exposure level for \S+: ([\d.]+)", said)
    assert level, said
    assert float(level[1]) <= EXPOSURE


# Proxies


@contextmanager
def nginx_configuration(folder: Path, alter: Callable[[str], str] = str) -> Iterator[Path]:
    """nginx.conf with a certificate made here, in the place where it is included."""
    key, chain = folder / "key.pem", folder / "fullchain.pem"
    subject = ("-subj", "/CN=share.example.gov.cn", "-days", "1")
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", chain, *subject)
    assert ran(*made)[0] == 0
    text = (DEPLOY / "proxy/nginx.conf").read_text("utf-8").replace("/etc/ssl/shareflow", str(folder))
    (folder / "site.conf").write_text(alter(text), "utf-8")
    whole = folder / "nginx.conf"
    whole.write_text(
        f"events {{}}\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        f"http {{ access_log off; include {folder}/site.conf; }}\n",
        "utf-8",
    )
    yield whole


def test_nginx_takes_its_file_and_refuses_an_altered_one(tmp_path: Path) -> None:
    with nginx_configuration(tmp_path) as file:
        assert ran("/usr/sbin/nginx", "-t", "-c", file)[0] == 0
    with nginx_configuration(tmp_path, lambda text: text.replace("proxy_pass ", "proxy_passes ")) as file:
        code, said = ran("/usr/sbin/nginx", "-t", "-c", file)
        assert code != 0
        assert "proxy_passes" in said


def test_caddy_takes_its_file_and_refuses_an_altered_one(tmp_path: Path) -> None:
    file = DEPLOY / "proxy/Caddyfile"
    assert ran(BIN / "caddy", "validate", "--adapter", "caddyfile", "--config", file)[0] == 0
    altered = tmp_path / "Caddyfile"
    altered.write_text(file.read_text("utf-8").replace("reverse_proxy", "reverse_proxi"), "utf-8")
    assert ran(BIN / "caddy", "validate", "--adapter", "caddyfile", "--config", altered)[0] != 0


# Images, compose, alerts


def test_the_image_is_as_hadolint_wants_it(tmp_path: Path) -> None:
    file = DEPLOY / "image/Containerfile"
    assert ran(BIN / "hadolint", file) == (0, "")
    altered = tmp_path / "Containerfile"
    altered.write_text(f"{file.read_text('utf-8')}RUN cd /tmp\n", "utf-8")
    assert ran(BIN / "hadolint", altered)[0] != 0


@pytest.mark.parametrize("name", ["compose.yaml", "observability.yaml", "temporal.yaml"])
def test_compose_is_by_its_schema(tmp_path: Path, name: str) -> None:
    file = DEPLOY / "compose" / name
    check = (BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec")
    assert ran(*check, file)[0] == 0
    altered = tmp_path / "compose.yaml"
    altered.write_text(file.read_text("utf-8").replace("security_opt:", "security_opts:"), "utf-8")
    assert ran(*check, altered)[0] != 0


def test_a_secret_of_compose_is_read_by_whom_the_image_runs_as_and_by_nobody_else() -> None:
    """After what .env.example says: Compose shows a container the file as it is, with its owner and mode."""
    (user,) = re.findall(r"^USER (\d+):\1$", (DEPLOY / "image/Containerfile").read_text("utf-8"), re.M)
    (says,) = re.findall(r"^#   (chown .+)$", (DEPLOY / "compose/.env.example").read_text("utf-8"), re.M)
    secrets = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text("utf-8"))["secrets"]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for name in secrets:
            (Path(folder) / name).write_text("secret", "utf-8")
        assert ran("/bin/sh", "-c", f"cd {folder} && {says}") == (0, "")
        for name in secrets:
            for who, reads in ((int(user), True), (int(user) + 1, False)):
                read = subprocess.run(
                    ["/bin/cat", f"{folder}/{name}"], user=who, group=who, extra_groups=[], capture_output=True
                )
                assert (read.stdout == b"secret") == reads, (name, who)


def test_yaml_is_well_kept() -> None:
    """But the chart's templates, which are none before Helm has filled them in."""
    files = [path for path in sorted(DEPLOY.rglob("*.y*ml")) if path.parent.name != "templates"]
    assert len(files) > 5
    assert ran(BIN / "yamllint", "-s", "-d", YAML, *files) == (0, "")


def test_prometheus_takes_the_alerts(tmp_path: Path) -> None:
    file = DEPLOY / "prometheus/rules.yml"
    assert ran("/usr/bin/promtool", "check", "rules", file)[0] == 0
    for rule in yaml.safe_load(file.read_text("utf-8"))["groups"][0]["rules"]:
        parse(rule["expr"])
    altered = tmp_path / "rules.yml"
    altered.write_text(file.read_text("utf-8").replace("histogram_quantile(0.95, ", "histogram_quantile("), "utf-8")
    assert ran("/usr/bin/promtool", "check", "rules", altered)[0] != 0


def test_alerts_are_raised_when_they_should(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "prometheus/rules.yml", tmp_path)
    shutil.copy(DEPLOY / "prometheus/rules_test.yml", tmp_path)
    code, said = ran("/usr/bin/promtool", "test", "rules", tmp_path / "rules_test.yml")
    assert code == 0, said


def test_prometheus_and_alertmanager_take_their_files(tmp_path: Path) -> None:
    for part, program in (("prometheus", "promtool check config"), ("alertmanager", "amtool check-config")):
        file = DEPLOY / f"prometheus/{part}.yml"
        tool, *words = program.split()
        code, said = ran(f"/usr/bin/{tool}", *words, file)
        assert code == 0, said
        shutil.copy(DEPLOY / "prometheus/rules.yml", tmp_path)
        altered = tmp_path / f"{part}.yml"
        altered.write_text(f"{file.read_text('utf-8')}wrong: 1\n", "utf-8")
        assert ran(f"/usr/bin/{tool}", *words, altered)[0] != 0


def test_every_alert_goes_to_whom_it_should() -> None:
    file = DEPLOY / "prometheus/alertmanager.yml"
    asked = ("/usr/bin/amtool", "config", "routes", "test", f"--config.file={file}")
    receivers = {"page": "on-duty", "ticket": "daytime"}
    for rule in yaml.safe_load((DEPLOY / "prometheus/rules.yml").read_text("utf-8"))["groups"][0]["rules"]:
        labels = {"alertname": rule["alert"], **rule["labels"]}
        code, said = ran(*asked, *(f"{name}={value}" for name, value in labels.items()))
        assert (code, said.split()[-1]) == (0, receivers[rule["labels"]["severity"]])


def test_what_follows_from_another_alert_names_alerts_that_there_are() -> None:
    told = yaml.safe_load((DEPLOY / "prometheus/alertmanager.yml").read_text("utf-8"))
    rules = yaml.safe_load((DEPLOY / "prometheus/rules.yml").read_text("utf-8"))["groups"][0]["rules"]
    named = set(re.findall(r"Shareflow\w+", str(told["inhibit_rules"])))
    assert named
    assert named <= {rule["alert"] for rule in rules}


def test_what_the_dashboard_asks_is_promql() -> None:
    for panel in json.loads((DEPLOY / "grafana/shareflow.json").read_text("utf-8"))["panels"]:
        for target in panel["targets"]:
            parse(target["expr"].replace("$__rate_interval", "1m").replace("$clock", "delivery"))


# PgBouncer


@pytest.fixture
def behind(new_database: Callable[[], str], ground: Sandbox, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts PgBouncer by its file before a ledger of roles.sql; gives the address of the app behind it."""
    url = new_database()
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(ROLES)
    connection.close()
    owner = connect(in_the_name_of("shareflow_owner", url), pool_size=1)
    migrate(owner)
    with_texts(owner)
    owner.dispose()
    database = ground.engine.url.set(database=url.rpartition("/")[2].partition("?")[0])
    started: list[subprocess.Popen[bytes]] = []

    def start(*more: str) -> str:
        port = free_port()
        file = tmp_path / f"pgbouncer-{port}.ini"
        file.write_text(bouncing(str(database.query["host"]), str(database.database), port, more), "utf-8")
        tmp_path.chmod(0o755)
        by = ("-u", "pgserver") if os.geteuid() == 0 else ()  # whom the embedded server runs as
        shown = tmp_path / f"{port}.log"
        with shown.open("wb") as log:
            started.append(subprocess.Popen(["/usr/sbin/pgbouncer", *by, str(file)], stdout=log, stderr=log))
        for _ in range(100):
            if b"process up" in shown.read_bytes():
                break
            time.sleep(0.05)
        return f"postgresql://shareflow_app@127.0.0.1:{port}/shareflow"

    yield start
    for process in started:
        process.terminate()
        process.wait(20)


def bouncing(host: str, database: str, port: int, more: Sequence[str]) -> str:
    """deploy/postgres/pgbouncer.ini with the places of here; the embedded server knows neither TLS nor passwords."""
    text = (DEPLOY / "postgres/pgbouncer.ini").read_text("utf-8")
    for was, now in (
        (
            "host=database.example.gov.cn port=5432 dbname=shareflow",
            f"host={host} port=5432 dbname={database} user=shareflow_app",
        ),
        ("listen_port = 6432", f"listen_port = {port}\nunix_socket_dir ="),
        ("auth_type = scram-sha-256", "auth_type = any"),
        ("auth_file = /etc/pgbouncer/userlist.txt\n", ""),
        ("server_tls_sslmode = verify-full\nserver_tls_ca_file = /etc/pgbouncer/database-ca.pem\n", ""),
    ):
        assert was in text, was
        text = text.replace(was, now)
    return "\n".join([text, *more, ""])


@pytest.mark.parametrize("more", [(), ("ignore_startup_parameters = options",)])
def test_a_ledger_is_recorded_in_behind_pgbouncer_in_transaction_mode(
    behind: Callable[..., str], more: Sequence[str], steps, resolve
) -> None:
    engine = connect(behind(*more), pool_size=3)
    record_step(engine, steps.filing(), resolve, "sm3")
    assert len(events_of(engine, steps.request_id)) == 2
    publishers = [Lease(engine, "publication") for _ in range(2)]
    assert [each.take() for each in publishers] == [True, False]
    publishers[0].give_back()
    assert publishers[1].take()
    engine.dispose()


def test_what_a_session_sets_behind_pgbouncer_is_left_to_nobody(behind: Callable[..., str]) -> None:
    url = behind("default_pool_size = 1")
    for wanted, statement in (("", "SELECT set_config('search_path', '', false)"), ("0", "SELECT count(*) FROM cases")):
        connection = psycopg2.connect(url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            assert wanted in str(cursor.fetchone())
        connection.close()


def test_nothing_is_backed_up_through_pgbouncer(behind: Callable[..., str], tmp_path: Path) -> None:
    url = behind()
    for work in (
        lambda: dump(url, tmp_path / "ledger.dump", TOOLS),
        lambda: restored_from(url),
        lambda: restore(url, tmp_path / "ledger.dump", "0" * 64, datetime.now(UTC), TOOLS),
    ):
        with pytest.raises(LedgerUnavailable, match=r"through a pooler.*SHAREFLOW_MIGRATION_URL"):
            work()
    assert not (tmp_path / "ledger.dump").exists()
