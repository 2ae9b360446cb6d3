"""No import cycle: not between files, and not between the rooms of a package, at any depth.

An import for type checkers alone counts as well: it breaks nothing at run time, but whoever reads the one file still
has to know the other.
"""

from collections.abc import Iterable, Mapping

import grimp
import pytest

from tests.house.code import packages

Graph = Mapping[str, frozenset[str]]


@pytest.fixture(scope="module")
def imports() -> Graph:
    """Each module of ours, and what it imports of ours."""
    graph = grimp.build_graph(*packages(), cache_dir=None)
    return {module: frozenset(graph.find_modules_directly_imported_by(module)) for module in graph.modules}


def cycles(graph: Graph) -> list[list[str]]:
    """The groups of nodes that reach one another, each sorted; empty where there is no cycle."""
    reached = {node: _reached_from(graph, node) for node in graph}
    groups = {
        tuple(sorted(other for other in reached[node] if node in reached[other])) for node in graph if reached[node]
    }
    return sorted(list(group) for group in groups if len(group) > 1)


def _reached_from(graph: Graph, node: str) -> set[str]:
    found: set[str] = set()
    waiting = list(graph[node])
    while waiting:
        next_ = waiting.pop()
        if next_ not in found:
            found.add(next_)
            waiting += graph.get(next_, ())
    return found


def between_parts(graph: Graph, package: str) -> Graph:
    """What the direct parts of a package import of one another, each with all that is in it."""
    depth = package.count(".") + 2

    def part(module: str) -> str:
        return ".".join(module.split(".")[:depth])

    inside = {module for module in graph if module.startswith(f"{package}.")}
    parts: dict[str, set[str]] = {part(module): set() for module in inside}
    for module in inside:
        parts[part(module)] |= {part(other) for other in graph[module] if other in inside} - {part(module)}
    return {name: frozenset(others) for name, others in parts.items()}


def packages_in(graph: Iterable[str], room: str) -> list[str]:
    inside = [module for module in graph if module.split(".")[0] == room]
    return sorted({module.rsplit(".", 1)[0] for module in inside if "." in module})


def test_no_file_imports_itself_by_a_detour(imports: Graph) -> None:
    assert len(imports) > 300
    assert cycles(imports) == []


@pytest.mark.parametrize("room", packages())
def test_no_parts_of_a_package_import_one_another(imports: Graph, room: str) -> None:
    """So a reader can begin at the bottom: policy before cases, the engine before the procedures."""
    inside = packages_in(imports, room)
    assert inside
    assert {package: found for package in inside if (found := cycles(between_parts(imports, package)))} == {}


def test_a_cycle_is_found_between_files_and_between_parts() -> None:
    graph = {"a.x.one": frozenset({"a.y.two"}), "a.y.two": frozenset({"a.z"}), "a.z": frozenset({"a.x.one"})}
    assert cycles(graph) == [["a.x.one", "a.y.two", "a.z"]]
    parted = {"a.x.one": frozenset({"a.y.two"}), "a.x.three": frozenset(), "a.y.two": frozenset({"a.x.three"})}
    assert cycles(parted) == []
    assert cycles(between_parts(parted, "a")) == [["a.x", "a.y"]]
