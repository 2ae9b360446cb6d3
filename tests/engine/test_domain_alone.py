"""The law needs no machine: ``domain``, ``procedures`` and the tests run without Temporal, a database or a network."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.forms import either

ROOT = Path(__file__).parents[2]
FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests/domain").rglob("test_*.py"))[
    :: either(4, 1)
]

ALONE = '''
import builtins, importlib, pkgutil, socket, sys

FORBIDDEN = ("temporalio", "sqlalchemy", "psycopg2", "alembic")
FORBIDDEN += ("workflows", "activities", "ledger", "configuration", "starter", "api", "embedded", "cli")


class Blocker:
    """Refuses what a pure domain must not import, whoever asks for it."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in FORBIDDEN:
            raise ImportError(f"{name} is out of reach here")


class NoSocket(socket.socket):
    def __init__(self, *_, **__):
        raise OSError("there is no network here")


sys.meta_path.insert(0, Blocker())
socket.socket = NoSocket
sys.path.insert(0, "")
'''

PROVE_IT = """
for name in FORBIDDEN:
    try:
        importlib.import_module(name)
    except ImportError as error:
        assert "out of reach" in str(error)
    else:
        raise SystemExit(f"{name} could be imported: this proves nothing")
try:
    socket.create_connection(("127.0.0.1", 9))
except OSError as error:
    assert "no network" in str(error)
"""

IMPORT_ALL = """
import domain, procedures
rooms = (domain, procedures)
names = [module.name for room in rooms for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")]
for name in names:
    importlib.import_module(name)
print("imported", len(names))
"""

EXAMPLES = either(25, 100)
"""So many each property tries, as where the tests run with all others."""

RUN_TESTS = f"""
import pytest
from hypothesis import settings
settings.register_profile("alone", deadline=None, max_examples={EXAMPLES})
settings.load_profile("alone")
options = ["-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:shareflow", "-p", "no:schemathesis"]
options += ["-W", "ignore::pytest.PytestConfigWarning", "-m", {either("not long", "")!r}]
sys.exit(pytest.main([*options, "--confcutdir", "tests/domain", *{FILES!r}]))
"""


def alone(program: str) -> str:
    """What a program prints in a Python of its own that has neither; it must end well."""
    ran = subprocess.run(
        [sys.executable, "-c", ALONE + PROVE_IT + program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-4000:]
    return ran.stdout


def test_every_module_of_the_domain_can_be_imported_alone() -> None:
    files = [path for room in ("domain", "procedures") for path in (ROOT / room).rglob("*.py")]
    assert alone(IMPORT_ALL).split() == ["imported", str(len(files) - 2)], "all but the two rooms themselves"


@pytest.mark.long
def test_the_tests_of_the_domain_run_alone() -> None:
    said = alone(RUN_TESTS)
    assert " passed" in said
    assert "failed" not in said
    assert "error" not in said.splitlines()[-1]
