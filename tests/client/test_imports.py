"""What is loaded when: the command line and a pytest run that needs no engine must not pay for one."""

import subprocess
import sys

import pytest

import starter

HEAVY = ("httpx", "pydantic", "temporalio", "sqlalchemy", "fastapi")


@pytest.mark.parametrize("module", ["starter", "embedded.testing.plugin"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    asked = f"import sys, {module}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    assert _run(asked) == ""


def test_the_client_knows_nothing_of_the_engine() -> None:
    asked = (
        "import sys, starter\n"
        "[getattr(starter, name) for name in dir(starter)]\n"
        "print(*sorted(m for m in sys.modules if m.split('.')[0] in ('domain', 'ledger', 'workflows', 'temporalio')))"
    )
    assert _run(asked) == ""


def test_every_name_can_be_had() -> None:
    public = [name for name in dir(starter) if not name.startswith("_")]
    assert {"Client", "AsyncClient", "Event", "RequestRefused", "verify_webhook"} <= set(public)
    assert all(getattr(starter, name) is not None for name in public)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Klient'"):
        starter.Klient  # noqa: B018


def _run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()
