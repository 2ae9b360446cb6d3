"""Temporal's own server as deploy/ sets it up: its schema once, and what Shareflow wants of its configuration.

No package has Temporal's tools: what stands in for them here keeps a version a database, and says what it was asked.
"""

import os
import subprocess
from pathlib import Path

import yaml

from embedded.stack.temporal import REPORT_EARLY
from tests.deploy.conftest import DEPLOY

SCRIPT = DEPLOY / "temporal/setup-schema.sh"
TOOL = """#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in --db) database=$2;; update-schema|setup-schema) does=$1;; -d) from=$2;; esac
    shift
done
echo "$does $database ${from:-}" >> "$KEPT/asked"
case $does in
    setup-schema) [ ! -e "$KEPT/$database" ] && touch "$KEPT/$database";;
    update-schema) [ -e "$KEPT/$database" ];;
esac
"""


def ran(folder: Path, **more: str) -> tuple[int, list[str]]:
    """How the script ended, and what it asked for, word for word."""
    told = folder / "asked"
    told.unlink(missing_ok=True)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "KEPT": str(folder), **more}
    done = subprocess.run(["sh", SCRIPT], env=environment, capture_output=True, check=False, timeout=20)
    return done.returncode, told.read_text("utf-8").splitlines() if told.exists() else []


def test_the_schema_is_set_up_once_and_brought_up_every_time(tmp_path: Path) -> None:
    tool = tmp_path / "temporal-sql-tool"
    tool.write_text(TOOL, "utf-8")
    tool.chmod(0o755)
    store = {"POSTGRES_SEEDS": "db", "POSTGRES_USER": "temporal", "SQL_PASSWORD": "secret"}
    versions = {
        "temporal": "/etc/temporal/schema/postgresql/v12/temporal/versioned",
        "temporal_visibility": "/etc/temporal/schema/postgresql/v12/visibility/versioned",
    }
    brought_up = [f"update-schema {name} {folder}" for name, folder in versions.items()]
    code, asked = ran(tmp_path, **store)
    assert code == 0
    assert [line for line in asked if line.startswith("setup")] == [f"setup-schema {name} " for name in versions]
    assert asked[-1] == brought_up[-1]
    assert ran(tmp_path, **store) == (0, brought_up)
    assert ran(tmp_path, POSTGRES_SEEDS="db", POSTGRES_USER="temporal") == (2, [])


def test_every_server_lists_a_case_that_fails_after_its_second_failure() -> None:
    told = yaml.safe_load((DEPLOY / "temporal/dynamicconfig.yaml").read_text("utf-8"))
    ((key, values),) = told.items()
    assert f"{key}={values[0]['value']}" == REPORT_EARLY
    chart = yaml.safe_load((DEPLOY / "helm/temporal-values.yaml").read_text("utf-8"))
    assert chart["server"]["dynamicConfig"] == told
