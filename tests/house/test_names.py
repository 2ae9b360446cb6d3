"""A class, or a kind of callable, has its name for itself: whoever reads it, or looks for it, finds one."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from tests.house.code import everything, nodes, shown

MIRRORED = {
    "Actor",
    "Answer",
    "Attachment",
    "Attempt",
    "Case",
    "Clock",
    "Delivery",
    "Due",
    "Event",
    "InvalidInput",
    "KeyReused",
    "NeedsOperator",
    "NotFound",
    "Page",
    "Paper",
    "Party",
    "Procedure",
    "RecordedEvent",
    "RequestRefused",
    "Resource",
    "Stale",
    "Statute",
    "Unavailable",
    "Wait",
    "Webhook",
}
"""Words of the contract. The public client stands on nothing of the engine and has them a second time, as outsiders see
them: what is shown of a case, and the errors, whose names callers write down."""


def names_of_kinds(nodes_of_file: Iterable[ast.AST]) -> Iterator[str]:
    """The classes of a file, wherever they stand in it, private ones too, and its kinds of callables."""
    for node in nodes_of_file:
        match node:
            case ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_kind_of_callable(value):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if _is_kind_of_callable(value):
                yield name


def _is_kind_of_callable(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Subscript) and ast.unparse(value.value) == "Callable"


@cache
def kinds() -> Mapping[str, Sequence[str]]:
    """Every class and kind of callable in the product, tests, measurements and examples, with its files."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in everything():
        for name in names_of_kinds(nodes(path)):
            found[name].append(shown(path))
    return found


def test_the_names_of_a_file_are_found() -> None:
    text = """
class _Own:
    class Inner: ...
def test():
    class Odd: ...
Run = Callable[..., int]
Look: TypeAlias = Callable[[int], int]
Text = Annotated[str, 1]
"""
    assert sorted(names_of_kinds(ast.walk(ast.parse(text)))) == ["Inner", "Look", "Odd", "Run", "_Own"]


def test_no_name_stands_twice() -> None:
    twice = {name: files for name, files in kinds().items() if len(files) > 1}
    assert {name: files for name, files in twice.items() if name not in MIRRORED} == {}


def test_what_may_stand_twice_stands_in_the_engine_once_and_in_the_client_once() -> None:
    found = kinds()
    for name in sorted(MIRRORED):
        own = [file for file in found[name] if not file.startswith("shareflow/")]
        assert (len(own), len(found[name])) == (1, 2), f"{name}: {found[name]}"
