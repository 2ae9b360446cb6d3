"""The share request is one procedure of several: what it has of its own it declares, and shared code asks for that.

Who may name it: its own folder and the words; what lists procedures by name; what stands below `/v1/requests`; what
reads the clauses on refusing to share; and a procedure that opens one. The client (`shareflow/`) stands on nothing of
ours and has the words of the API as text.
What the engine itself says of commands, two procedures have at least: what one alone has stands in its folder.
"""

import ast
from collections.abc import Iterator, Set

from api.cases.routers import CASES, REQUESTS
from domain.engine import commands
from domain.engine.filed import Filed
from domain.words import ProcedureName
from procedures.registry import ALL, DEFAULT
from tests.domain.test_plain_input import fields
from tests.house.code import ROOT, product, shown, tree

NAME = ProcedureName.SHARE_REQUEST.name
OWN = "procedures/share_request/"
MAY_NAME = {
    "domain/words.py": "the word itself",
    "workflows/errands/table.py": "a row for each procedure that has errands, by its name",
    "api/cases/share_requests.py": "what stands below /v1/requests, and events that say the same",
    "audit/findings/unfounded_refusals.py": "what a text says of refusals to share it says of these alone",
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


def said_in(model: type[Filed]) -> Set[type]:
    """The models by which procedures share what a command says: its own, those that it extends, those in its fields."""
    inside = {owner for owner, _, _ in fields(model)}
    return {base for each in (model, *inside) for base in each.__mro__}


def test_what_the_engine_says_of_commands_at_least_two_procedures_have() -> None:
    saying = {each.name: {m for rule in each.rules.values() for m in said_in(rule.says)} for each in ALL}
    own = [each for each in vars(commands).values() if getattr(each, "__module__", "") == commands.__name__]
    models = [each for each in own if isinstance(each, type) and issubclass(each, Filed)]
    assert {"Nothing", "Reasoned", "Terms"} <= {model.__name__ for model in models}
    having = {model.__name__: [name.value for name, said in saying.items() if model in said] for model in models}
    assert {name: procedures for name, procedures in having.items() if len(procedures) < 2} == {}


def test_the_engine_names_no_command_of_one_procedure_alone() -> None:
    named_there = {
        node.attr
        for path in (ROOT / "domain/engine").rglob("*.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "CommandName"
    }
    ruled = [command.name for each in ALL for command in each.rules]
    assert {name for name in named_there if ruled.count(name) < 2} == set()
