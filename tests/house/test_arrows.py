"""Arrows that import-linter cannot hold: who may know Temporal, who may speak SQL, and that each room has its layer."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.code import ROOT, imports, nodes, packages, product, room, shown

KNOW_TEMPORAL = ("workflows/", "activities/", "starter/", "worker/")
SPEAK_WITH_IT = {
    "audit/verification/answers.py",
    "audit/verification/handing_over.py",
    "audit/verification/history.py",
    "audit/verification/history_json.py",
    "audit/verification/order.py",
    "audit/verification/replayed.py",
    "audit/verification/silence.py",
    "protocol/asking.py",
    "protocol/connecting.py",
    "protocol/errors.py",
    "protocol/held_up.py",
    "protocol/histories.py",
    "protocol/mending.py",
    "protocol/opening_sealed.py",
    "protocol/parcels.py",
    "protocol/payloads.py",
    "protocol/pollers.py",
    "protocol/sealing.py",
    "protocol/search_attributes.py",
    "protocol/starting.py",
    "protocol/traced_commands.py",
    "embedded/simulate/sandbox.py",
    "embedded/simulate/skipped_case.py",
}
"""And why each of these does: docs/decisions/0017-who-speaks-with-temporal.md."""
SPEAK_SQL = ("ledger/", "background/webhooks/queries/")
SQL = re.compile(
    r"\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s|CREATE\s+(TABLE|INDEX)\s"
    r"|ALTER\s+TABLE\s|LISTEN\s|NOTIFY\s|LOCK\s+TABLE\s|TRUNCATE\s)"
)


def test_temporal_is_known_where_it_is_said_and_nowhere_else() -> None:
    knowing = {shown(path) for path in product() for _, name in imports(path) if top(name) == "temporalio"}
    assert {name for name in knowing if not name.startswith(KNOW_TEMPORAL)} == SPEAK_WITH_IT


@pytest.mark.parametrize("name", sorted(SPEAK_WITH_IT))
def test_it_is_decided_and_said_why(name: str) -> None:
    decided = (ROOT / "docs/decisions/0017-who-speaks-with-temporal.md").read_text(encoding="utf-8")
    assert f"`{name}`" in decided


def test_sql_is_spoken_in_the_ledger_and_in_the_queries_of_webhooks_alone() -> None:
    elsewhere = [path for path in product() if not shown(path).startswith(SPEAK_SQL)]
    assert [said for path in elsewhere for said in spoken(path)] == []


@pytest.mark.parametrize("written", ['ask("SELECT 1")', "connection.execute(question)", 'x = "delete from"; text(x)'])
def test_sql_would_be_found(written: str, tmp_path: Path) -> None:
    path = tmp_path / "some.py"
    path.write_text(f"from sqlalchemy import text\n{written}\n", encoding="utf-8")
    assert list(spoken(path))


def test_every_package_has_its_layer() -> None:
    """A package that import-linter is not told of would be held to no arrow."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    at_the_top = next(contract for contract in told["contracts"] if contract["name"] == "arrows go one way")
    layered = [name for layer in at_the_top["layers"] for name in layer.split(" | ")]
    assert sorted(layered) == sorted(told["root_packages"]) == packages()


def test_every_file_stands_in_a_room() -> None:
    assert list(ROOT.glob("*.py")) == []
    assert {room(path) for path in product()} == set(packages())


def top(module: str) -> str:
    """The package at the top of a module's name."""
    return module.partition(".")[0]


def spoken(path: Path) -> Iterator[str]:
    """Where a file speaks SQL: a statement as text, one of SQLAlchemy's, or a call that carries one out."""
    where = path.name if ROOT not in path.parents else shown(path)
    builders = {
        alias.asname or alias.name
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom) and node.module and top(node.module) == "sqlalchemy"
        for alias in node.names
    } & {"select", "insert", "update", "delete", "text"}
    for node in nodes(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            yield f"{where}:{node.lineno} says {node.value[:40]!r}"
        elif isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in builders:
                yield f"{where}:{node.lineno} calls {called.id}()"
            elif isinstance(called, ast.Attribute) and called.attr in ("execute", "scalars", "exec_driver_sql"):
                yield f"{where}:{node.lineno} calls .{called.attr}()"
