"""A client that a generator makes of the published description, against the real API."""

import asyncio
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from domain.words import Role
from tests.api.callers import NOBODY_LISTENS, Bearer, filing
from tests.engine.cases import PROVIDER, REQUESTER

COMMITTED = Path(__file__).parents[2] / "docs/api/openapi.json"
UNDER_809 = "nantong-2020+809"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], ModuleType]]:
    """The modules of a fresh client, by what stands behind its package's name."""
    folder = tmp_path_factory.mktemp("generated")
    package = f"client_{uuid.uuid4().hex}"
    config = folder / "config.json"
    workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    kinds = ("application/zip", "image/svg+xml", "application/timestamp-reply", workbook)
    as_bytes = dict.fromkeys(kinds, "application/octet-stream")
    config.write_text(json.dumps({"content_type_overrides": as_bytes}))
    options = (
        "--config",
        config,
        "--path",
        COMMITTED,
        "--output-path",
        folder / package,
        "--meta",
        "none",
        "--fail-on-warning",
    )
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", *options],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"{package}.{name}")
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]


@pytest.fixture
def client(generated: Callable[[str], ModuleType], patient_address: str, bearer: Bearer) -> Callable[..., Any]:
    """Somebody's client: ``client(Role.PROVIDER, "1132…")``."""

    def made(role: Role, org: str) -> Any:
        token = bearer(role, org)["Authorization"].removeprefix("Bearer ")
        return generated("client").AuthenticatedClient(patient_address, token, timeout=60)

    return made


def test_every_part_of_it_can_be_imported(generated: Callable[[str], ModuleType]) -> None:
    package = generated("api").__name__.rpartition(".")[0]
    whole = importlib.import_module(package)
    names = [found.name for found in pkgutil.walk_packages(whole.__path__, f"{package}.")]
    assert len(names) > 100
    for name in names:
        importlib.import_module(name)


async def test_a_case_is_filed_found_by_its_text_and_driven(
    generated: Callable[[str], ModuleType], client: Callable[..., Any]
) -> None:
    models = generated("models")
    requester, provider = client(Role.REQUESTER, REQUESTER), client(Role.PROVIDER, PROVIDER)
    bureau = client(Role.BUREAU, "bureau")

    async def call(name: str, *path: str, **said: Any) -> Any:
        answer = await asyncio.to_thread(generated(f"api.requests.requests_{name}").sync, *path, **said)
        assert not isinstance(answer, models.ProblemOut), answer
        return answer

    body = models.FilingIn.from_dict(filing(UNDER_809))
    filed = await call("file", client=requester, body=body, idempotency_key=uuid.uuid4().hex)
    assert filed.statute == UNDER_809

    async def listed(statute: str) -> list[str]:
        page = await call("list", client=requester, statute=statute, limit=500)
        assert {case.statute for case in page.items} <= {statute}
        return [case.request_id for case in page.items]

    assert filed.request_id in await listed(UNDER_809)
    assert filed.request_id not in await listed("nantong-2020")

    accept = models.CommandIn(command=models.CommandName.ACCEPT)
    assert (await call("give", filed.request_id, client=bureau, body=accept)).case.stage == "provider_answer"
    terms = models.CommandInWithType0.from_dict({"scope": "姓名", "mode": "api"})
    grant = models.CommandIn(command=models.CommandName.GRANT, with_=terms)
    assert "granted" in (await call("give", filed.request_id, client=provider, body=grant)).events


async def test_a_webhook_keeps_what_a_change_does_not_name(
    generated: Callable[[str], ModuleType], client: Callable[..., Any]
) -> None:
    models, mine = generated("models"), client(Role.AUDITOR, f"audit-{uuid.uuid4().hex[:8]}")

    async def call(name: str, *path: str, **said: Any) -> Any:
        return await asyncio.to_thread(generated(f"api.webhooks.webhooks_{name}").sync, *path, client=mine, **said)

    url = f"http://{NOBODY_LISTENS}/hook"
    wanted = models.WebhookIn(url=url, events=[models.EventType.GRANTED], payload=models.WebhookPayload.FULL)
    made = await call("create", body=wanted)
    await call("change", made.id, body=models.WebhookChange(state=models.WebhookState.DISABLED))
    changed = await call("change", made.id, body=models.WebhookChange(events=[models.EventType.REFUSED]))
    assert (changed.url, changed.state, changed.payload) == (url, "disabled", "full")
    assert changed.events == ["refused"]
    same = await call("change", made.id, body=models.WebhookChange())
    assert same.to_dict() == changed.to_dict()
