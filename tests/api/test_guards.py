"""The guards of the HTTP door: too much, too often, away, defect; and its health and figures."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
from limits import parse
from sqlalchemy.exc import OperationalError

from api.app import create_app
from api.context import AppContext, open_context
from api.http.limits import Limits
from api.http.problems import Problem
from api.settings import ApiSettings, api_settings
from configuration.errors import StartupError
from configuration.settings import Settings
from domain.words import Role
from starter.tokens import Issuer
from tests.api.callers import Bearer, People

OpenRequest = Callable[..., Any]


@pytest.fixture
def opened(context: AppContext, issuer: Issuer, tmp_path: Path) -> OpenRequest:
    """Another door to the same engine, with settings of its own."""

    @asynccontextmanager
    async def open_with(**settings: Any) -> AsyncIterator[tuple[AppContext, httpx.AsyncClient]]:
        async with open_context(context.client, ApiSettings(**settings), issuer, tmp_path) as other:
            transport = httpx.ASGITransport(create_app(other), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://shareflow") as api:
                yield other, api

    return open_with


async def test_a_caller_that_asks_too_often_is_told_when_to_come_again(opened: OpenRequest, bearer: Bearer) -> None:
    async with opened(rate=parse("3/hour")) as (_, api):
        mine, others = bearer(Role.AUDITOR, "a"), bearer(Role.AUDITOR, "b")
        answers = [await api.get("/v1/statutes", headers=mine) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].json()["code"] == "too_many_requests"
        assert answers[-1].headers["retry-after"] == "3600"
        assert (await api.get("/v1/statutes", headers=others)).status_code == 200
        assert (await api.get("/healthz")).status_code == 200


async def test_an_address_that_guesses_tokens_is_told_to_stop_and_good_ones_behind_it_are_served(
    opened: OpenRequest, bearer: Bearer
) -> None:
    async with opened(failures=parse("3/hour")) as (_, api):
        for guess in ({"Authorization": "Bearer guess"}, {}, {"Authorization": "Basic guess"}):
            assert (await api.get("/v1/statutes", headers=guess)).status_code == 401
        for guess in ({"Authorization": "Bearer guess"}, {}):
            answer = await api.get("/v1/statutes", headers=guess)
            assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
            assert answer.headers["retry-after"] == "3600"
        assert (await api.get("/v1/statutes", headers=bearer(Role.AUDITOR))).status_code == 200


@pytest.mark.parametrize(
    ("first", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_a_network_of_ipv6_that_guesses_tokens_is_shut_out_whole(first: str, other: str, same: bool) -> None:
    limits = Limits(parse("9/hour"), parse("1/hour"), parse("1/hour"))
    limits.failed(first)
    limits.checks_dossier(first)
    for refuse in (limits.failed, limits.checks_dossier):
        with pytest.raises(Problem) if same else nullcontext():
            refuse(other)


async def test_a_ledger_that_is_away_is_a_reason_to_ask_again(
    opened: OpenRequest, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (_, api):

        def away(*_: object, **__: object) -> Any:
            raise OperationalError("select", {}, Exception("away"))

        monkeypatch.setattr("ledger.queries.cases.get_case", away)
        monkeypatch.setattr("ledger.queries.cases.list_cases", away)
        for path in ("/v1/requests/NANTONG-X", "/v1/requests"):
            answer = await api.get(path, headers=bearer(Role.AUDITOR))
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert answer.headers["retry-after"]
        monkeypatch.setattr("ledger.reader.Reader.ping", away)
        ready = await api.get("/readyz")
        assert (ready.status_code, ready.text) == (503, "the ledger does not answer")


async def test_a_defect_is_one_sentence_and_no_traceback(
    opened: OpenRequest, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr("ledger.queries.cases.list_cases", broken)
    async with opened() as (_, api):
        answer = await api.get("/v1/requests", headers=bearer(Role.AUDITOR))
    assert (answer.status_code, answer.json()["code"]) == (500, "defect")
    assert "secret" not in answer.text


async def test_what_is_not_there_is_a_problem_too(api: httpx.AsyncClient) -> None:
    nowhere, wrong = await api.get("/v2/requests"), await api.delete("/v1/requests")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["allow"]


@pytest.mark.usefixtures("figures_here")
async def test_health_and_figures_tell_of_routes_and_never_of_cases(people: People) -> None:
    request_id = await people.file()
    await people.get("requester", f"/v1/requests/{request_id}")
    assert (await people.api.get("/healthz")).text == "alive"
    assert (await people.api.get("/readyz")).text == "ready"
    figures = (await people.api.get("/metrics")).text
    assert 'route="/v1/requests/{request_id}",status="200"' in figures
    assert "shareflow_cases" in figures
    assert request_id not in figures


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SHAREFLOW_API_PORT", "80800"),
        ("SHAREFLOW_BODY_LIMIT", "-1"),
        ("SHAREFLOW_RATE_LIMIT", "often"),
        ("SHAREFLOW_FAILURE_LIMIT", "0.5"),
    ],
)
def test_a_setting_that_cannot_be_is_named(name: str, value: str) -> None:
    with pytest.raises(StartupError, match=name):
        api_settings(Settings({name: value}))
