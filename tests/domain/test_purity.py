"""Domain and procedures are pure: a module can be imported alone, reads nothing of the machine, knows no Temporal."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forms import either

ROOT = Path(__file__).parents[2]
ROOMS = ("domain", "procedures", "protocol", "ledger", "shareflow")
"""Whatever stands below the engine and the doors: importing it starts nothing."""

PURE = ("domain", "procedures")
"""The law: what it rules, and what may be done under it. Each knows itself and those before it."""

KNOWN_OUTSIDE = {"cryptography", "rfc3161_client", "pydantic", "pydantic_core", "yaml", "lunardate", "workalendar"}
"""What these use beside Python itself."""

IMPORT_EACH = """
import importlib, json, os, sys
sys.path.insert(0, {root!r})
rooms = {rooms!r}
opened, failed = set(), []

def opening(event, arguments):
    path = arguments[0] if event == "open" else None
    if isinstance(path, str) and path.startswith({root!r}) and not path.endswith((".py", ".pyc")):
        if "/__pycache__/" not in path and "/.venv/" not in path:
            opened.add(os.path.relpath(path, {root!r}))

def imported(module):
    try:
        importlib.import_module(module)
    except Exception as error:
        failed.append(f"{{module}}: {{type(error).__name__}}: {{error}}")

sys.addaudithook(opening)
for module in {alone!r}:
    for name in [name for name in sys.modules if name.split(".")[0] in rooms]:
        del sys.modules[name]
    imported(module)
for module in {modules!r}:
    imported(module)
print(json.dumps([failed, sorted(opened)]))
"""


def modules_of(room: str) -> list[str]:
    """Every module of a room by its name; revisions of the schema are run by a tool and imported by nobody."""
    paths = (path.relative_to(ROOT).with_suffix("") for path in sorted((ROOT / room).rglob("*.py")))
    return [".".join(path.parts).removesuffix(".__init__") for path in paths if "migrations" not in path.parts]


def pure_files() -> Iterator[tuple[str, ast.Module]]:
    for room in PURE:
        files = sorted((ROOT / room).rglob("*.py"))
        assert len(files) > 2
        yield from ((str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))) for path in files)


def known_to(path: str) -> set[str]:
    """The rooms of ours that a file of a pure one may import."""
    return set(PURE[: PURE.index(path.partition("/")[0]) + 1])


@pytest.mark.long
@pytest.mark.parametrize("room", ROOMS)
def test_each_module_can_be_imported_alone_and_reads_no_file(room: str) -> None:
    """In an interpreter that knows no other module of ours, before each; in the short form each twelfth, then all."""
    modules = modules_of(room)
    assert len(modules) > 2
    code = IMPORT_EACH.format(root=str(ROOT), rooms=ROOMS, alone=modules[:: either(12, 1)], modules=modules)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT / "docs")
    assert run.returncode == 0, run.stderr
    failed, opened = json.loads(run.stdout)
    assert failed == []
    # The catalogue is read when it is imported, so that nobody who decides a case touches a file.
    assert set(opened) <= {"domain/messages/catalogue.yaml"}


def test_the_pure_rooms_stand_on_python_and_a_few_plain_libraries() -> None:
    found: dict[str, set[str]] = {}
    for path, tree in pure_files():
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in (name.split(".")[0] for name in names):
                if name not in sys.stdlib_module_names and name not in KNOWN_OUTSIDE | known_to(path):
                    found.setdefault(path, set()).add(name)
    assert found == {}


def test_the_pure_rooms_read_no_environment_and_no_clock() -> None:
    """What time it is, and how the machine is set up, comes in as an argument."""
    forbidden = {"environ", "getenv", "environb", "now", "utcnow", "today", "monotonic", "getcwd", "home"}
    found = [
        f"{path}:{node.lineno}: {node.attr}"
        for path, tree in pure_files()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in forbidden
    ]
    imported = [
        f"{path}:{node.lineno}: os"
        for path, tree in pure_files()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import) and any(alias.name in ("os", "socket", "subprocess") for alias in node.names)
    ]
    assert found + imported == []


def test_the_pure_rooms_name_no_word_of_the_machinery() -> None:
    words = re.compile(r"temporal|workflow|postgres", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for room in PURE
        for path in sorted((ROOT / room).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if words.search(line)
    ]
    assert found == []
