"""``pip install shareflow``: the client works, nothing of the engine's dependencies is there, and its doors say so."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.client import responses
from tests.packaging.environments import Environment, installed

pytestmark = pytest.mark.long
OF_THE_ENGINE = ("temporalio", "sqlalchemy", "fastapi", "psycopg2", "alembic", "uvicorn", "typer", "yaml")

THE_CLIENT = """
import asyncio, base64, json, sys
from datetime import UTC, datetime
from shareflow import AsyncClient, Client, RequestRefused, verify_webhook
from standardwebhooks import Webhook

address, event = sys.argv[1:]
with Client(address, token="t") as shareflow:
    print(shareflow.get("NANTONG-1").stage)

async def again():
    async with AsyncClient(address, token="t") as shareflow:
        print((await shareflow.get("NANTONG-1")).provider.name)

asyncio.run(again())
secret = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
now = datetime.now(UTC)
headers = {"webhook-id": "1", "webhook-timestamp": str(int(now.timestamp()))}
headers["webhook-signature"] = Webhook(secret).sign("1", now, event)
print(verify_webhook(secret, headers, event).name)
"""


class _OneCase(BaseHTTPRequestHandler):
    """Answers every question with the same case, to whoever has a token."""

    def do_GET(self) -> None:
        trusted = self.headers["Authorization"] == "Bearer t" and self.path == "/v1/requests/NANTONG-1"
        body = json.dumps(responses.case()).encode()
        self.send_response(200 if trusted else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def address() -> Iterator[str]:
    """A server on this machine that knows one case."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _OneCase)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_nothing_of_the_engine_can_be_imported(client_alone: Environment) -> None:
    asked = f"from importlib.util import find_spec; print(*(m for m in {OF_THE_ENGINE!r} if find_spec(m)))"
    done = client_alone.python(asked)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
    assert {"shareflow", "httpx", "pydantic", "standardwebhooks"} <= set(installed(client_alone))


def test_the_client_asks_and_webhooks_are_verified(client_alone: Environment, address: str) -> None:
    event = json.dumps(responses.event(7), ensure_ascii=False)
    done = client_alone.python(THE_CLIENT, address, event)
    assert done.stdout.split() == ["provider_answer", "市公安局", "granted"], done.stderr


def test_the_other_name_of_the_client_is_the_same(client_alone: Environment) -> None:
    done = client_alone.python("import shareflow, starter; print(starter.Client is shareflow.Client)")
    assert done.stdout.strip() == "True", done.stderr


@pytest.mark.parametrize("words", [(), ("--help",), ("statute", "list"), ("up",)], ids=" ".join)
def test_the_command_says_in_one_sentence_what_it_needs(client_alone: Environment, words: tuple[str, ...]) -> None:
    done = client_alone.run("shareflow", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith('The command shareflow needs pip install "shareflow[engine]" (not installed here: ')
    assert "temporalio" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("module", "who"), [("worker", "The worker"), ("cli", "The command shareflow")])
def test_a_module_that_is_run_says_in_one_sentence_what_it_needs(
    client_alone: Environment, module: str, who: str
) -> None:
    done = client_alone.run("python", "-m", module)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f'{who} needs pip install "shareflow[engine]" (not installed here: ')
    assert done.stderr.count("\n") == 1


def test_the_fixture_says_in_one_sentence_what_it_needs(client_alone: Environment, constraints: Path) -> None:
    client_alone.add("pytest", constraints=constraints)
    test = client_alone.folder / "test_mine.py"
    test.write_text("def test_without(): pass\ndef test_with(shareflow_engine): pass\n", encoding="utf-8")
    assert client_alone.run("python", "-m", "pytest", "-q", "-k", "without", test).returncode == 0
    done = client_alone.run("python", "-m", "pytest", "-q", test)
    assert done.returncode == 2, done.stdout + done.stderr
    assert 'The fixture shareflow_engine needs pip install "shareflow[engine]"' in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
