"""``shareflow doctor``."""

import json
import os
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cli.checks.machine import state_folder_check
from cli.checks.sealing import sealing_check
from cli.checks.secret_files import secrets_check
from cli.checks.writing import takes_nothing
from configuration.files import others_may_read
from configuration.settings import OWN, Settings
from domain.stuck import StuckKind, Trouble
from ledger.engine import Engine
from ledger.queries import counts, parked_are
from ledger.reader import Reader
from ledger.writer import Writer
from tests.cli.conftest import Run
from tests.ledger.conftest import own

__all__ = ["own"]


@pytest.fixture(autouse=True)
def ports_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAREFLOW_TEMPORAL_PORT", "0")
    monkeypatch.setenv("SHAREFLOW_UI_PORT", "0")


def findings(said: Any) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in json.loads(said.out)["checks"]}


def test_a_machine_without_a_running_stack_is_usable(shareflow: Run) -> None:
    said = shareflow("doctor", "--json")
    found = findings(said)
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out)["usable"] is True
    assert {name for name, check in found.items() if check["state"] == "ok"} >= {
        "python",
        "temporal_program",
        "postgres_program",
        "state_folder",
        "ports",
        "statutes",
        "policy",
    }
    assert found["calendar"]["state"] in ("ok", "warning")
    assert [found[name]["state"] for name in ("database", "temporal", "cases")] == ["skipped"] * 3
    text = shareflow("doctor", "--lang", "zh")
    assert (text.code, text.out.splitlines()[-1]) == (0, "Shareflow is usable here. Shareflow 在此可用。")
    told = dict(line.split(maxsplit=2)[1:] for line in text.out.splitlines()[:-1] if not line.startswith(" "))
    assert told.keys() == found.keys()
    same = {"python", "temporal_program", "statutes"}
    assert {name for name, says in told.items() if not re.search(r"[\u4e00-\u9fff]", says)} <= same
    assert "  → 用 `shareflow up` 启动" in text.out


def test_what_does_not_work_is_named_with_how_to_mend_it(
    shareflow: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SHAREFLOW_STATE", str(tmp_path / "file" / "state"))
    monkeypatch.setenv("SHAREFLOW_POLICY", str(tmp_path / "nowhere.yaml"))
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", "postgresql://me:unsaid@127.0.0.1:1/x")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setattr("embedded.stack.temporal.shutil.which", lambda *_, **__: None)
    said = shareflow("doctor", "--json")
    bad = {name: check for name, check in findings(said).items() if check["state"] == "problem"}
    assert said.code == 2
    assert set(bad) == {"state_folder", "policy", "database", "temporal", "archive", "issuer"}
    assert bad["archive"]["says"] == f"The archive {tmp_path}/file/state/archive cannot be written (Not a directory)."
    assert bad["issuer"]["says"] == (
        "SHAREFLOW_OIDC_ISSUER names no issuer of tokens: the API does not start without one."
    )
    program = findings(said)["temporal_program"]
    assert (program["state"], "TEMPORAL_ADDRESS names a server" in program["says"]) == ("skipped", True)
    assert "SHAREFLOW_STATE" in bad["state_folder"]["mend"]
    assert "TEMPORAL_ADDRESS" in bad["temporal"]["mend"]
    assert bad["database"]["mend"] == "check SHAREFLOW_DATABASE_URL and that PostgreSQL runs"
    assert "unsaid" not in said.out
    assert "Traceback" not in said.out + said.err
    assert not (tmp_path / "file" / "state").exists()
    monkeypatch.delenv("TEMPORAL_ADDRESS")
    chinese = findings(shareflow("doctor", "--json", "--lang", "zh"))
    alone, away = chinese["temporal_program"], chinese["database"]
    assert (alone["state"], alone["mend"]) == ("problem", "运行 make setup")
    assert alone["says"] == "不能使用：Python 所在的文件夹和 PATH 中都没有程序 temporal。"
    assert away["says"].startswith("不能连接台账的数据库 postgresql+psycopg2://me:***@127.0.0.1:1/x（")
    assert away["mend"] == "检查 SHAREFLOW_DATABASE_URL，以及 PostgreSQL 是否在运行"


def test_what_root_has_left_in_the_folder_of_another_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `admin restore` or a repair of the archive leave it; root itself can write everywhere."""
    left = tmp_path / "archive/e6"
    left.mkdir(parents=True, mode=0o700)
    settings, owners = Settings({Settings.state.variable: str(tmp_path)}), {left: "root"}
    monkeypatch.setattr("cli.checks.machine.owner_of", lambda path: owners.get(path, "shareflow"))
    found = state_folder_check(settings)
    assert (found.state, f"{left} belongs to root" in found.says) == ("problem", True)
    assert found.mend == f"chown -R shareflow: {tmp_path}"
    left.chmod(0o777)
    assert state_folder_check(settings).state == "ok"
    left.chmod(0o700)
    owners[tmp_path] = "root"
    assert state_folder_check(settings).state == "ok"


def test_a_port_of_somebody_else_is_a_problem_for_the_embedded_stack_alone(
    shareflow: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("SHAREFLOW_UI_PORT", str(port))
        found = findings(shareflow("doctor", "--json"))["ports"]
        assert (found["state"], str(port) in found["says"]) == ("problem", True)
        assert "SHAREFLOW_UI_PORT" in found["mend"]
        monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
        assert findings(shareflow("doctor", "--json"))["ports"]["state"] == "skipped"


def test_a_wrong_log_level_is_one_sentence(shareflow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAREFLOW_LOG", "loud")
    assert "SHAREFLOW_LOG" in shareflow("doctor").plainly_refused()


def test_what_is_misspelt_is_named_with_what_is_meant(shareflow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{OWN}CITY_OF", "Nantong")
    own = findings(shareflow("doctor", "--json"))["settings"]
    assert (own["state"], own["says"]) == ("warning", f"{OWN}CITY_OF is no setting.")
    monkeypatch.setenv(f"{OWN}PAYLOD_KEYS", "/keys")
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL_FILE", "")
    misspelt = findings(shareflow("doctor", "--json"))["settings"]
    assert misspelt["state"] == "problem"
    assert f"{OWN}PAYLOD_KEYS is no setting (is SHAREFLOW_PAYLOAD_KEYS meant?)" in misspelt["says"]
    assert f"{OWN}PAYLOD_KEYS is no setting" in shareflow("worker").err


def test_keys_that_others_may_read_are_a_problem(
    shareflow: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(shareflow("admin", "payload-key", "2026-11").out, "ascii")
    monkeypatch.setenv("SHAREFLOW_PAYLOAD_KEYS", str(keys))
    for mode, state in ((0o644, "problem"), (0o660, "problem"), (0o440, "ok"), (0o400, "ok")):
        keys.chmod(mode)
        found = sealing_check(Settings())
        assert (oct(mode), found.state) == (oct(mode), state)
    strangers = os.stat_result((0o440, 0, 0, 1, 0, 12345, 0, 0, 0, 0))
    monkeypatch.setattr(os, "geteuid", lambda: 10001)
    monkeypatch.setattr(Path, "stat", lambda _, **__: strangers)
    assert others_may_read(keys)


def test_passwords_and_keys_in_files_that_others_may_read_are_told(tmp_path: Path) -> None:
    assert secrets_check(Settings({})).state == "skipped"
    files = [tmp_path / name for name in ("url", "key", "secret", "robots")]
    names = ("SHAREFLOW_DATABASE_URL_FILE", "TEMPORAL_TLS_CLIENT_KEY_PATH", "SHAREFLOW_OIDC_CLIENT_SECRET_FILE")
    settings = Settings(dict(zip((*names, Settings.robots.variable), map(str, files), strict=True)))
    for file in files:
        file.touch(0o600)
    assert secrets_check(settings).says == "4 files with passwords and keys, which nobody else may read"
    for file in files:
        file.chmod(0o644)
        found = secrets_check(settings)
        assert (found.state, found.says) == ("warning", f"Others may read: {file}.")
        assert (found.mend or "").startswith("chmod g-w,o= "), "services that read it by their group still do"
        file.unlink()


def test_a_database_that_answers_and_takes_nothing_is_told(own: Engine) -> None:
    reader, writer = Reader(own), Writer(own)
    room = text("SELECT pg_total_relation_size('leases')")
    with own.connect() as connection:
        before = connection.execute(room).scalar_one()
    assert takes_nothing(reader, writer) is None
    with own.connect() as connection:
        assert connection.execute(room).scalar_one() > before + 65_536, "it fits where nothing has been yet"
        assert connection.execute(text("SELECT count(*) FROM leases")).scalar_one() == 0
    full = 'could not extend file "base/5/16412": No space left on device\nHINT: Check free disk space.'
    waits = Trouble("NANTONG-1", StuckKind.PARKED, "ledger_unavailable", "ledger_unavailable", full, looked=True)
    queue = Trouble("queue:others", StuckKind.NO_WORKER, "no_worker", "no_worker:others")
    parked_are(own, [waits, queue], {})
    assert counts(own).stuck == 1, "a filing that was never recorded is stuck, a queue is no case"
    found = takes_nothing(reader, writer)
    assert found is not None
    assert (found.state, "1 case waits for the database" in found.says) == ("problem", True)
    assert "No space left on device" in found.says
    assert "HINT" not in found.says
    with own.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {own.url.database} SET default_transaction_read_only = on"))
    own.dispose()
    found = takes_nothing(reader, writer)
    assert found is not None
    assert "The database answers and takes nothing (cannot execute INSERT in a read-only" in found.says
