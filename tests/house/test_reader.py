"""Doors read the ledger through one object, write beside cases through another, and hold no SQL and no connection."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.code import packages, product, room, shown, tree

DOORS = ("starter", "api", "embedded", "cli")
"""Who starts cases, drives and shows them."""
SQL = ("ledger", "background/webhooks/queries")
"""Where questions and changes are written in SQL."""

OWNERS = {
    "embedded/demo/filling.py": "plays the cases of the demonstration on the engine that carries them",
    "embedded/demo/forgery.py": "packs the dossier of a case that the demonstration has played",
    "embedded/simulate/player.py": "plays cases on an engine of its own",
    "embedded/testing/skipped_time.py": "moves the time of an engine made for tests",
    "embedded/testing/stack.py": "puts an engine made for tests together",
}
"""The files of the doors that pass a connection on, and why each must."""


def modules(*folders: str) -> Iterator[tuple[str, ast.AST]]:
    return ((shown(path), tree(path)) for path in product() if room(path) in folders)


def imports_sql(tree: ast.AST) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(each.name.split(".")[0] == "sqlalchemy" for each in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").split(".")[0] == "sqlalchemy":
            return True
    return False


def holds_a_connection(tree: ast.AST) -> bool:
    """Whether a module takes the engine out of something: ``client.reader.engine``, ``ground.engine``."""
    return any(isinstance(node, ast.Attribute) and node.attr == "engine" for node in ast.walk(tree))


def asks_by_itself(tree: ast.AST) -> set[str]:
    """Functions of the queries that a module imports: each takes a connection and asks."""
    return {
        each.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and ".queries" in (node.module or "")
        for each in node.names
        if each.name.islower()
    }


def test_sql_stands_in_its_rooms() -> None:
    found = [name for name, tree in modules(*packages()) if imports_sql(tree) and not name.startswith(SQL)]
    assert found == []


def test_doors_hold_no_connection() -> None:
    assert {name for name, tree in modules(*DOORS) if holds_a_connection(tree)} == set(OWNERS)


PURE = {"numbered_cursor", "read_numbered_cursor", "place_of"}
"""What stands beside the queries and asks nothing."""


def test_doors_ask_through_the_reader() -> None:
    asked = {name: asks_by_itself(tree) - PURE for name, tree in modules(*DOORS)}
    assert {name: functions for name, functions in asked.items() if functions} == {}


@pytest.mark.parametrize("text", ["import sqlalchemy.exc", "from sqlalchemy import text", "if x:\n import sqlalchemy"])
def test_an_import_of_sql_is_found(text: str) -> None:
    assert imports_sql(ast.parse(text))


def test_a_connection_and_a_question_are_found() -> None:
    assert holds_a_connection(ast.parse("door.client.engine.connect()"))
    assert asks_by_itself(ast.parse("from ledger.queries.cases import CaseFilter, list_cases")) == {"list_cases"}
