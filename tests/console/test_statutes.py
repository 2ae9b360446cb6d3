"""目录与法规, over HTTP: each text clause by clause with what carries it out; cases and resources by sight."""

import httpx
import pytest

from console.statutes import texts_having
from domain.messages import label
from domain.statutes.loader import packaged_statutes
from domain.words import ProcedureName, Role
from starter.coverage.standing import coverage_of
from tests.api.callers import STRANGER, Bearer, People
from tests.console.conftest import Enter
from tests.engine.cases import PROVIDER


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


async def test_every_text_is_listed_and_shown_clause_by_clause(enter: Enter) -> None:
    auditor = await enter(Role.AUDITOR)
    listed = (await auditor.get("/statutes")).text
    for statute in packaged_statutes().values():
        assert f"<code>{statute.id}</code>" in listed
        page = await auditor.get(f"/statutes/{statute.id}")
        assert page.status_code == 200, statute.id
        for row in coverage_of(statute.id):
            assert row.row.quote in page.text
        assert page.text.count("<h1>") == 1
        assert "style=" not in page.text


async def test_a_local_text_says_which_of_its_clauses_give_way(enter: Enter) -> None:
    auditor = await enter(Role.AUDITOR)
    assert label("console", "gives_way_to", "zh") in (await auditor.get("/statutes/nantong-2020+809")).text
    assert label("console", "gives_way_to", "zh") not in (await auditor.get("/statutes/nantong-2020")).text


async def test_the_cases_that_cite_an_article_are_those_in_sight(people: People, enter: Enter) -> None:
    request_id = await people.file()
    assert (await people.give("bureau", request_id, "accept")).status_code == 200
    path = "/v1/statutes/nantong-2020/clauses?article=22"
    told, foreign = [(await people.get(who, path)).json() for who in ("provider", "stranger")]
    assert request_id in [case["request_id"] for case in told["cases"]]
    [limit] = [each for row in told["items"] for each in row["statute_limits"] if each["clock"] == "provider_answer"][
        :1
    ]
    assert (limit["amount"], limit["unit"]) == (10, "working_day")
    assert all(row["cases"] >= 1 for row in told["items"])
    assert any("procedures/share_request/" in name for each in told["items"][0]["code"] for name in each["functions"])
    assert foreign["cases"] == []
    assert {row["cases"] for row in foreign["items"]} == {0}
    provider, stranger = await enter(Role.PROVIDER, PROVIDER), await enter(Role.PROVIDER, STRANGER)
    assert f"/cases/{request_id}" in (await provider.get("/statutes/nantong-2020?article=22")).text
    assert f"/cases/{request_id}" not in (await stranger.get("/statutes/nantong-2020?article=22")).text


async def test_a_text_or_an_article_that_is_not_there_is_not_found(people: People, enter: Enter) -> None:
    auditor = await enter(Role.AUDITOR)
    for path in ("/statutes/nowhere-2020", "/statutes/nantong-2020?article=999", "/statutes/nantong-2020?article=x"):
        assert (await auditor.get(path)).status_code == 404, path
    lost = (await auditor.get("/statutes/nowhere-2020")).text
    assert (label("console", "no_such_text", "zh") in lost, "nantong-2020" in lost) == (True, False)
    assert 'class="button" href="/statutes"' in lost
    assert (await people.get("auditor", "/v1/statutes/nowhere-2020/clauses")).json()["code"] == "unknown_statute"


async def test_policy_stands_apart_from_law(people: People) -> None:
    told = (await people.get("bureau", "/v1/statutes/cn-809-2025/clauses")).json()
    policy = [each for row in told["items"] for each in row["policy_limits"]]
    by_law = {each["clock"] for row in told["items"] for each in row["statute_limits"]}
    assert policy
    assert not by_law & {each["clock"] for each in policy}


async def test_a_procedure_is_drawn_with_its_stages_in_words(people: People, enter: Enter) -> None:
    requester = await enter(Role.REQUESTER, STRANGER)
    page = (await requester.get("/statutes/nantong-2020/procedures/share_request")).text
    drawing, _, table = page.partition("</svg>")
    assert "<svg" in drawing
    assert label("stage", "provider_answer", "zh") in table
    assert label("command", "grant", "zh") in table
    svg = await people.get("stranger", "/v1/procedures/share_request/diagram?statute=nantong-2020")
    assert svg.headers["content-type"].startswith("image/svg+xml")
    figure = page.partition("<figure")[2].partition("</figure>")[0]
    name = f">{label('stage', 'provider_answer', 'zh')}<"
    assert [name in drawn for drawn in (figure, svg.text)] == [True, True]
    # What stands by itself is for readers of either language, a page for its own.
    assert ['lang="en"' in drawn for drawn in (figure, svg.text)] == [False, True]
    nowhere = next(each for each in packaged_statutes() if each not in texts_having(ProcedureName.DEMAND))
    assert (await requester.get(f"/statutes/{nowhere}/procedures/demand")).status_code == 404
    assert (await people.get("stranger", f"/v1/procedures/demand/diagram?statute={nowhere}")).status_code == 404


async def test_resources_are_known_once_by_their_newest_case_in_sight(people: People, enter: Enter) -> None:
    resource = {"code": "PG-0001", "name": "<i>社保</i>", "sharing_class": "conditional"}
    first = await people.file(resource=resource)
    second = await people.file(resource={**resource, "sharing_class": "not_shared"}, justification="履职")
    told = (await people.get("bureau", "/v1/resources")).json()
    known = [each for each in told["items"] if each["code"] == "PG-0001"]
    assert [(each["request_id"], each["sharing_class"]) for each in known] == [(second, "not_shared")]
    assert first not in [each["request_id"] for each in told["items"]]
    assert (await people.get("stranger", "/v1/resources?code=PG-0001")).json()["items"] == []
    bureau, stranger = await enter(Role.BUREAU, "bureau"), await enter(Role.PROVIDER, STRANGER)
    page = (await bureau.get("/statutes/resources?code=PG-0001")).text
    assert "&lt;i&gt;社保&lt;/i&gt;" in page
    assert label("sharing_class", "not_shared", "zh") in page
    assert "社保" not in (await stranger.get("/statutes/resources")).text
    assert (await bureau.get("/statutes/resources?cursor=nonsense")).status_code == 400
