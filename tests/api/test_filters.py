"""Filters of lists: ids that need encoding, and ids that cannot be."""

import asyncio
import json
import uuid
import zipfile
from io import BytesIO
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest

from api.app import create_app
from api.contract.__main__ import COMMITTED
from domain.words import Role
from shareflow import Client
from tests.api.callers import Bearer, People, filing, fresh_key

UNDER_809 = "nantong-2020+809"
NOT_AN_ID = ["常州", "a b", "a%2Fb%", "50%", "a&b=c", "x#y", "a\x00b", "\U0001f600", "é", "'; --", "x" * 65]


@pytest.fixture
def mine(bearer: Bearer) -> tuple[str, dict[str, str]]:
    """A department that nobody else is."""
    org = f"1132{uuid.uuid4().int % 10**14:014}"
    return org, bearer([Role.REQUESTER, Role.PROVIDER], org)


async def filed(api: httpx.AsyncClient, mine: tuple[str, dict[str, str]], statute: str, **changes: Any) -> str:
    body = filing(statute, requester={"code": mine[0], "name": "甲局"}, **changes)
    answer = await api.post("/v1/requests", json=body, headers={**mine[1], **fresh_key()})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["request_id"])


@pytest.mark.parametrize("path", ["/v1/requests", "/v1/cases"])
async def test_a_statute_is_found_however_its_plus_is_written(
    api: httpx.AsyncClient, mine: tuple[str, dict[str, str]], path: str
) -> None:
    under = [await filed(api, mine, UNDER_809) for _ in range(3)]
    other = await filed(api, mine, "nantong-2020")
    assert other not in under
    for written in (
        quote(UNDER_809),
        UNDER_809,
        quote_plus(UNDER_809),
        "nantong-2020%20809",
        f"%20{quote(UNDER_809)}%20",
    ):
        answer = await api.get(f"{path}?statute={written}", headers=mine[1])
        assert [case["request_id"] for case in answer.json()["items"]] == under[::-1], written
    alone = await api.get(f"{path}?statute=nantong-2020", headers=mine[1])
    assert [case["request_id"] for case in alone.json()["items"]] == [other]
    # The link to the next page is followed as it stands.
    seen, link = [], f"{path}?statute={UNDER_809}&limit=1"
    while link:
        answer = await api.get(link, headers=mine[1])
        seen += [case["request_id"] for case in answer.json()["items"]]
        link = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
    assert seen == under[::-1]


async def test_the_python_client_finds_by_it_too(
    api: httpx.AsyncClient, mine: tuple[str, dict[str, str]], patient_address: str
) -> None:
    request_id = await filed(api, mine, UNDER_809)
    await filed(api, mine, "nantong-2020")

    def found() -> list[str]:
        with Client(patient_address, token=mine[1]["Authorization"].removeprefix("Bearer ")) as shareflow:
            return [case.request_id for case in shareflow.list(statute=UNDER_809)]

    assert await asyncio.to_thread(found) == [request_id]


async def test_codes_that_a_filing_may_have_are_found(api: httpx.AsyncClient, mine: tuple[str, dict[str, str]]) -> None:
    code = "NT:GA/0001_a.b-c"
    request_id = await filed(
        api, mine, "nantong-2020", resource={"code": code, "name": "x", "sharing_class": "conditional"}
    )
    for name, value in (("resource", code), ("requester", mine[0])):
        for written in (quote(value), quote(value, safe="")):
            answer = await api.get(f"/v1/cases?{name}={written}", headers=mine[1])
            assert [case["request_id"] for case in answer.json()["items"]] == [request_id], (name, written)


def text_parameters() -> list[tuple[str, str]]:
    """Every list's parameters that take any text: its path and the parameter's name, as published."""
    return [
        (path, parameter["name"])
        for path, item in json.loads(COMMITTED.read_bytes())["paths"].items()
        for parameter in item.get("get", {}).get("parameters", ())
        if parameter["in"] == "query" and "{" not in path
    ]


@pytest.mark.parametrize(("path", "name"), text_parameters())
async def test_what_cannot_be_is_told_by_the_name_of_the_parameter(people: People, path: str, name: str) -> None:
    who = "auditor" if path.startswith(("/v1/audit/", "/v1/supervision/", "/v1/assessment")) else "operator"
    for odd in NOT_AN_ID:
        answer = await people.get(who, f"{path}?{name}={quote(odd, safe='')}")
        if name == "statute" and odd == "a b":
            assert found_in(path, answer) == [], answer.text  # a plus that was not encoded
        elif name in ("cursor", "after") and answer.status_code == 400:
            assert answer.json()["code"] == "bad_cursor"
        else:
            assert answer.status_code == 422, (odd, answer.text)
            paths = [error["path"].partition("[")[0] for error in answer.json()["errors"]]
            assert f"query.{name}" in paths, (odd, answer.text)


def found_in(path: str, answer: httpx.Response) -> list[Any]:
    """What a list answered."""
    if path.endswith((".csv", "/table")):
        return answer.text.splitlines()[1:]
    if path.endswith(".xlsx"):
        sheet = zipfile.ZipFile(BytesIO(answer.content)).read("xl/worksheets/sheet1.xml")
        return sheet.split(b"<row ")[2:]
    named = {"/v1/audit/log": "events", "/v1/assessment": "departments"}
    rows: list[Any] = answer.json()[named.get(path, "items")]
    return rows


async def test_a_filing_without_a_key_is_told_so(people: People) -> None:
    for path, body in (("/v1/requests", filing()), ("/v1/cases", {"procedure": "demand", "request": {}})):
        answer = await people.post("requester", path, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
        broken = await people.post("requester", path, {**body, "unheard": 1})
        assert broken.status_code == 422
        assert {"unheard", "header.idempotency-key"} <= {error["path"] for error in broken.json()["errors"]}


async def test_a_whole_number_may_be_written_with_a_point(people: People) -> None:
    body = filing(item_count=3)
    text = httpx.Request("POST", "http://x", json=body).content.replace(b'"item_count":3', b'"item_count":3.0')
    assert b"3.0" in text
    headers = {**people.headers["requester"], **fresh_key(), "Content-Type": "application/json"}
    answer = await people.api.post("/v1/requests", content=text, headers=headers)
    assert answer.status_code == 201, answer.text
    again = await people.api.post("/v1/requests", json=body, headers=headers)
    assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (201, "true")
    half = await people.api.post(
        "/v1/requests", content=text.replace(b"3.0", b"3.5"), headers={**headers, **fresh_key()}
    )
    assert (half.status_code, half.json()["errors"][0]["path"]) == (422, "request.item_count")


async def test_words_that_are_not_published_are_not_understood(people: People) -> None:
    request_id = await people.file()
    for foreign in ({"as_role": "bureau"}, {"with_": {}}):
        answer = await people.give("bureau", request_id, "accept", **foreign)
        assert answer.status_code == 422, answer.text
        assert next(iter(foreign)) in answer.text
    assert (await people.give("bureau", request_id, "accept", **{"as": "bureau", "with": {}})).status_code == 200


def test_what_an_endpoint_takes_is_looked_up_in_a_description_that_is_made_once() -> None:
    app = create_app(None)
    assert app.openapi() is app.openapi()
