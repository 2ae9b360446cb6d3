"""A class has its name for itself: whoever reads it, or looks for it, finds one."""

import ast
from collections import defaultdict

from tests.house.code import product, shown, tree

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


def classes() -> dict[str, list[str]]:
    """Every class at the top of a file, with the files that have one of its name; a file's private ones are its own."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in product():
        for node in ast.iter_child_nodes(tree(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(shown(path))
    return found


def test_no_class_name_stands_twice() -> None:
    twice = {name: files for name, files in classes().items() if len(files) > 1}
    assert {name: files for name, files in twice.items() if name not in MIRRORED} == {}


def test_what_may_stand_twice_stands_in_the_engine_once_and_in_the_client_once() -> None:
    found = classes()
    for name in sorted(MIRRORED):
        own = [file for file in found[name] if not file.startswith("shareflow/")]
        assert (len(own), len(found[name])) == (1, 2), f"{name}: {found[name]}"
