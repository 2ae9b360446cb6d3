"""``shareflow up``, ``api`` and ``token``: the walk of the documents, word for word, and what cannot be."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from embedded.stack.ports import free_port
from tests.cli.conftest import Said

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("shareflow")
WALKS = ("docs/api.md", "docs/api.zh-CN.md")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An engine of its own: its folder and its ports."""
    outside = ("SHAREFLOW_", "TEMPORAL_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(outside)}
    ports = {name: str(free_port()) for name in ("SHAREFLOW_API_PORT", "SHAREFLOW_HEALTH_PORT")}
    state = tmp_path_factory.mktemp("up", numbered=True)
    state.chmod(0o755)
    return {**kept, **ports, "SHAREFLOW_STATE": str(state), "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def up(environment: dict[str, str]) -> Iterator[str]:
    """``shareflow up``, as a newcomer runs it; gives the API's address."""
    process = subprocess.Popen([PROGRAM, "up"], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        told = ""
        while "Try:" not in told:
            line = process.stdout.readline()
            assert line, f"it ended: {told}"
            told += line
        address = re.search(r"HTTP API\s+(\S+)", told)
        assert address, told
        assert re.search(rf"console, in a browser\s+{address[1]}/", told)
        yield address[1]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_the_walk_with_curl_works_word_for_word(up: str, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    blocks, *same = (
        re.findall(r"^```sh\n(.*?)^```", (ROOT / document).read_text("utf-8"), re.S | re.M) for document in WALKS
    )
    assert same == [blocks]
    script = "set -euo pipefail\n" + "\n".join(blocks)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**environment, "SHAREFLOW_API": up},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.strip().splitlines()
    filed, accepted, refused, granted, events, feed, papers, demand, published, followed, request = lines
    assert '"stage":"completeness_check"' in filed
    assert '"events":["accepted"' in accepted
    assert ('"code":"reason_required"' in refused, '"article":"22"' in refused) == (True, True)
    assert '"outcome":"granted"' in granted
    assert re.findall(r'"type":"(\w+)"', events) == [
        *("filed", "clock_started", "accepted", "clock_met", "forwarded", "clock_started"),
        *("granted", "clock_met", "case_opened", "closed"),
    ]
    assert "cn.gov.shareflow.request.granted.v1" in feed
    assert "/documents/application" in papers
    assert '"stage":"demand_review"' in demand
    assert '"events":["resource_published"' in published
    assert '"outcome":"published"' in followed
    opened = re.search(r'"opens":\[\{"procedure":"share_request",.*?"request_id":"(.*?)"', followed)
    assert opened
    assert f'"request_id":"{opened[1]}"' in request
    assert ('"stage":"completeness_check"' in request, '"opened_by":"' in request) == (True, True)


@pytest.mark.usefixtures("up")
def test_a_case_of_another_procedure_from_the_command_line(
    environment: dict[str, str], tmp_path: Path, shareflow: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "demand.yaml"
    file.write_text(
        "name: 需求\nprocedure: demand\nstatute: nantong-2020\nrequest:\n"
        "  requester: {code: R-1, name: 甲局}\n  provider: {code: P-1, name: 乙局}\n"
        "  description: 流动人口居住登记信息\n  purpose: 低保资格核验\n",
        encoding="utf-8",
    )

    def said(*arguments: object, code: int = 0) -> str:
        done = shareflow(*arguments)
        assert done.code == code, done.out + done.err
        return done.err if code else done.out

    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    case = json.loads(said("case", "open", file, "--key", "demand-1", "--json"))
    again = json.loads(said("case", "open", file, "--key", "demand-1", "--json"))
    assert (case["procedure"], case["stage"], again["request_id"]) == ("demand", "demand_review", case["request_id"])
    wrong = said("case", "do", case["request_id"], "grant", "--by", "provider", code=1)
    assert wrong.startswith("wrong_procedure: ")
    assert "not_your_turn" in said("case", "open", file, "--org", "R-2", code=1)
    entry = '{"resource": {"code": "X-1", "name": "登记", "sharing_class": "conditional"}}'
    assert "published" in said("case", "do", case["request_id"], "publish", "--by", "provider", "--with", entry)
    told = said("request", "do", case["request_id"], "file_request", "--by", "requester", "--with", '{"scope": "姓名"}')
    opened = re.search(r"→ (\S+) 共享申请 share_request", told)
    assert opened, told
    [listed] = json.loads(said("case", "list", "--procedure", "demand", "--party", "R-1", "--json"))
    assert (listed["request_id"], listed["outcome"]) == (case["request_id"], "published")
    assert "需求申请" in said("case", "list")
    assert case["request_id"] not in said("request", "list")
    shown = json.loads(said("case", "show", case["request_id"], "--json"))
    assert shown["opens"] == [{"procedure": "share_request", "request_id": opened[1]}]


def test_the_api_also_runs_alone_beside_the_engine(up: str, environment: dict[str, str]) -> None:
    own = {**environment, "SHAREFLOW_API_PORT": str(free_port())}
    process = subprocess.Popen([PROGRAM, "api"], env=own, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = re.search(r"http://\S+:\d+", process.stdout.readline())
        assert address
        token = subprocess.run(
            [PROGRAM, "token", "--role", "auditor"], env=own, capture_output=True, text=True, check=True
        ).stdout.strip()
        headers = {"Authorization": f"Bearer {token}"}
        lists = [
            httpx.get(f"{each}/v1/requests", headers=headers, timeout=60).json()["items"] for each in (up, address[0])
        ]
        assert lists[0] == lists[1]
        assert httpx.get(f"{address[0]}/readyz", timeout=60).text == "ready"
        assert "shareflow_http_requests_total" in httpx.get(f"{address[0]}/metrics", timeout=60).text
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_port_that_is_taken_is_one_sentence(up: str, environment: dict[str, str]) -> None:
    taken = {**environment, "SHAREFLOW_API_PORT": up.rpartition(":")[2]}
    done = subprocess.run([PROGRAM, "api"], env=taken, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "SHAREFLOW_API_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_api_alone_needs_an_issuer(shareflow: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "SHAREFLOW_OIDC_ISSUER" in shareflow("api").plainly_refused()
    monkeypatch.setenv("SHAREFLOW_OIDC_ISSUER", "https://issuer.example")
    assert "SHAREFLOW_OIDC_AUDIENCE" in shareflow("api").plainly_refused()
    monkeypatch.setenv("SHAREFLOW_OIDC_ISSUER", "http://issuer.example")
    monkeypatch.setenv("SHAREFLOW_OIDC_AUDIENCE", "shareflow")
    assert "https" in shareflow("api").plainly_refused()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--role", "king", "--org", "1"), "There is no role king"),
        (("--role", "requester"), "--org"),
        (("--role", "requester", "--org", "部门"), "--org"),
        (("--role", "bureau", "--org", ""), "--org"),
        ((), "--role"),
    ],
)
def test_a_token_for_nobody_is_refused(
    shareflow: Callable[..., Said], arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in shareflow("token", *arguments).plainly_refused()


def test_a_token_comes_from_the_outside_issuer_when_there_is_one(
    shareflow: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAREFLOW_OIDC_ISSUER", "https://issuer.example")
    monkeypatch.setenv("SHAREFLOW_OIDC_AUDIENCE", "shareflow")
    assert "issuer" in shareflow("token", "--role", "auditor").plainly_refused()


def test_the_key_of_the_embedded_issuer_is_for_its_owner_alone(shareflow: Callable[..., Said]) -> None:
    first = shareflow("token", "--role", "auditor", "--json")
    assert first.code == 0, first.err
    key = Path(os.environ["SHAREFLOW_STATE"]) / "issuer.pem"
    assert key.stat().st_mode & 0o077 == 0
    before = key.read_bytes()
    assert shareflow("token", "--role", "operator").code == 0
    assert key.read_bytes() == before
    key.write_text("nonsense", "utf-8")
    assert "issuer.pem" in shareflow("token", "--role", "auditor").plainly_refused()
