"""A case's papers over HTTP: listed, fetched, in two languages, by those alone who may see the case."""

import base64
import hashlib
import re

import httpx
import pytest

from domain.words import Role
from tests.api.callers import STRANGER, Bearer, People
from tests.documents.reading import read
from tests.engine.cases import PROVIDER, REQUESTER


@pytest.fixture(scope="module")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


@pytest.fixture(scope="module")
async def request_id(people: People) -> str:
    """A case that was accepted and refused."""
    request_id = await people.file()
    assert (await people.give("bureau", request_id, "accept")).status_code == 200
    assert (await people.give("provider", request_id, "refuse", reason="涉及未成年人信息")).status_code == 200
    return request_id


async def test_papers_are_listed_and_each_can_be_fetched(people: People, request_id: str) -> None:
    answer = await people.get("requester", f"/v1/requests/{request_id}/documents")
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [(x["kind"], x["article"]) for x in items] == [
        ("application", "18"),
        ("accepted", "21"),
        ("forwarded", "19"),
        ("refused", "22"),
    ]
    assert [x["title"] for x in items][:2] == ["政务信息资源使用申请表", "受理意见回复书（予以受理）"]
    events = (await people.get("requester", f"/v1/requests/{request_id}/events")).json()["items"]
    for item in items:
        assert set(item) == {"name", "title", "kind", "seq", "article", "at", "href"}
        assert item["href"] == f"/v1/requests/{request_id}/documents/{item['name']}"
        page = await people.get("requester", item["href"])
        assert page.status_code == 200, item
        assert read(page.text).one("h1").text == item["title"]
        event = events[(item["seq"] or 1) - 1]
        assert event["digest"] in page.text
        assert (item["seq"], item["name"]) in [(None, "application"), (event["seq"], f"notice-{event['seq']}")]
    refused = read((await people.get("requester", items[-1]["href"])).text)
    assert "涉及未成年人信息" in refused.text
    assert [x.attributes["href"] for x in refused.all("a")] == [f"/v1/requests/{request_id}"] * 2


async def test_a_page_may_load_run_and_send_nothing(people: People, request_id: str) -> None:
    page = await people.get("provider", f"/v1/requests/{request_id}/documents/application")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "private" in page.headers["cache-control"]
    assert "public" not in page.headers["cache-control"]
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = page.headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy


async def test_the_language_is_the_readers_or_the_one_asked_for(people: People, request_id: str) -> None:
    path = f"/v1/requests/{request_id}/documents"
    for query, accept, tag, title in (
        ("", "", "zh-CN", "政务信息资源使用申请表"),
        ("", "en", "en", "Application for the use of government information resources"),
        ("?lang=zh", "en", "zh-CN", "政务信息资源使用申请表"),
        ("?lang=en", "zh", "en", "Application for the use of government information resources"),
    ):
        headers = {"Accept-Language": accept} if accept else {}
        page = await people.get("requester", f"{path}/application{query}", **headers)
        assert read(page.text).one("html").attributes["lang"] == tag == page.headers["content-language"]
        assert read(page.text).one("h1").text == title
        listed = await people.get("requester", f"{path}{query}", **headers)
        assert listed.json()["items"][0]["title"] == title
    assert (await people.get("requester", f"{path}/application?lang=fr")).status_code == 422


async def test_an_unchanged_page_is_not_sent_again(people: People, request_id: str) -> None:
    path = f"/v1/requests/{request_id}/documents/application"
    first = await people.get("requester", path)
    again = await people.get("requester", path, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    english = await people.get("requester", path, **{"If-None-Match": first.headers["etag"], "Accept-Language": "en"})
    assert english.status_code == 200
    assert english.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("who", ["requester", "provider", "bureau", "leading_group", "platform", "auditor", "operator"])
async def test_whoever_sees_the_case_sees_its_papers(who: str, people: People, request_id: str) -> None:
    assert (await people.get(who, f"/v1/requests/{request_id}/documents")).status_code == 200
    assert (await people.get(who, f"/v1/requests/{request_id}/documents/notice-3")).status_code == 200


async def test_to_others_neither_case_nor_papers_exist(
    people: People, request_id: str, bearer: Bearer, api: httpx.AsyncClient
) -> None:
    elsewhere = bearer(Role.BUREAU, "bureau", places=["yima"])
    wrong_role = bearer(Role.PROVIDER, REQUESTER)
    for path in ("documents", "documents/application", "documents/notice-3", "documents/notice-999"):
        address = f"/v1/requests/{request_id}/{path}"
        for headers in (people.headers["stranger"], elsewhere, wrong_role):
            answer = await api.get(address, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert (await api.get(address)).status_code == 401


@pytest.mark.parametrize(
    "name", ["notice-1", "notice-999", "notice-x", "notice--3", "notice-03", "secret", "..%2f..", "x" * 30]
)
async def test_a_paper_that_is_not_there_is_404(name: str, people: People, request_id: str) -> None:
    answer = await people.get("requester", f"/v1/requests/{request_id}/documents/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unknown_case_has_no_papers(people: People) -> None:
    assert (await people.get("auditor", "/v1/requests/NANTONG-NOWHERE/documents")).status_code == 404


async def test_the_parties_are_who_they_are(people: People, request_id: str) -> None:
    text = (await people.get("auditor", f"/v1/requests/{request_id}/documents/application")).text
    assert REQUESTER in text
    assert PROVIDER in text
    assert STRANGER not in text
