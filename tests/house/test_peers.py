"""The share request is one procedure of several: what it has of its own it declares, and shared code asks for that.

Who may name it: its own folder and the words; what lists procedures by name; what stands below `/v1/requests`; and a
procedure that opens one. The client (`shareflow/`) stands on nothing of ours and has the words of the API as text.
"""

import ast
from collections.abc import Iterator

from api.cases.routers import CASES, REQUESTS
from domain.words import ProcedureName
from procedures.registry import ALL, DEFAULT
from tests.house.code import product, shown, tree

NAME = ProcedureName.SHARE_REQUEST.name
OWN = "procedures/share_request/"
MAY_NAME = {
    "domain/words.py": "the word itself",
    "workflows/errands/table.py": "a row for each procedure that has errands, by its name",
    "api/cases/share_requests.py": "what stands below /v1/requests, and events that say the same",
}
MAY_IMPORT = {
    "procedures/registry.py": "lists all, and says which is meant where none is named",
    "procedures/access_grant/rules.py": "an access grant that expires is applied for again",
    "procedures/demand/rules.py": "what was demanded is requested once it is published",
}


def named(code: ast.AST) -> bool:
    """Whether code names it: as a member of the words, by its value, or as that member's definition."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr == NAME)
        or (isinstance(node, ast.Name) and node.id == NAME and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.Constant) and node.value == ProcedureName.SHARE_REQUEST.value)
        for node in ast.walk(code)
    )


def imported(code: ast.AST) -> bool:
    """Whether code takes the whole procedure from its process."""
    taken = (node for node in ast.walk(code) if isinstance(node, ast.ImportFrom) and node.module)
    theirs = (node for node in taken if f"{node.module}/".replace(".", "/").startswith(OWN))
    return any(alias.name in (NAME, "*") for node in theirs for alias in node.names)


def trees() -> Iterator[tuple[str, ast.AST]]:
    """The code of the product beside the procedure's own."""
    for path in product():
        if not shown(path).startswith((OWN, "shareflow/")):
            yield shown(path), tree(path)


def test_nobody_else_names_it() -> None:
    assert {name for name, code in trees() if named(code)} == set(MAY_NAME)


def test_nobody_else_imports_it() -> None:
    assert {name for name, code in trees() if imported(code)} == set(MAY_IMPORT)


def test_naming_it_is_found() -> None:
    assert named(ast.parse("x = ProcedureName.SHARE_REQUEST"))
    assert named(ast.parse("if case.procedure == 'share_request': pass"))
    assert not named(ast.parse("x = ProcedureName.DEMAND"))
    assert imported(ast.parse("from procedures.share_request.process import SHARE_REQUEST"))
    assert not imported(ast.parse("from procedures.demand.process import DEMAND"))


def test_what_it_has_of_its_own_is_declared() -> None:
    assert {each.path for each in ALL} == {REQUESTS, CASES}
    assert [each.name for each in ALL if each.path == REQUESTS] == [DEFAULT.name]
    assert [each.tag for each in ProcedureName].count(None) == 1
    assert DEFAULT.name.tag is None
