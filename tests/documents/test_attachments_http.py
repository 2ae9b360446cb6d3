"""Attachments over HTTP: brought, kept once, fetched by those who may; and all that is refused."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
from sqlalchemy import select

from api.app import create_app
from api.context import AppContext
from api.serving import serving
from domain.words import Role
from ledger.tables import attachments
from starter.attachments.folder import FolderStore
from tests.api.callers import Bearer, People
from tests.documents.papers import REFUSED, TAKEN, pdf, png
from tests.engine.cases import PROVIDER, REQUESTER

AT_MOST = 200_000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    return FolderStore(tmp_path_factory.mktemp("papers"), AT_MOST)


@pytest.fixture(scope="module")
async def paper_door(context: AppContext, store: FolderStore) -> AppContext:
    """The session's door with a store of its own, for papers up to 200,000 bytes."""
    return replace(context, attachments=store)


@pytest.fixture(scope="module")
async def caller(paper_door: AppContext) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(paper_door), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shareflow", timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def people(caller: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(caller, bearer)


def fresh() -> bytes:
    """A paper that nobody brought."""
    return pdf(uuid.uuid4().hex)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def bring(
    people: People, who: str, content: bytes, kind: str = "application/pdf", **headers: str
) -> httpx.Response:
    sent = {**people.headers[who], "Content-Type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}}
    return await people.api.post("/v1/attachments", content=content, headers=sent)


def kept(store: FolderStore, content: bytes) -> list[Path]:
    return list(store.folder.rglob(digest(content)))


# Bringing


@pytest.mark.parametrize("which", TAKEN)
async def test_every_taken_type_is_kept_and_comes_back(which: str, people: People) -> None:
    content, kind, name = TAKEN[which]
    answer = await bring(people, "requester", content, kind, X_Filename=quote(name))
    assert answer.status_code in (200, 201), answer.text
    sm3 = hashlib.new("sm3", content).hexdigest()
    told = {"sha256": digest(content), "sm3": sm3, "size": len(content), "media_type": kind, "name": name}
    assert answer.json() == told
    assert answer.headers["location"] == f"/v1/attachments/{digest(content)}"
    back = await people.get("requester", answer.headers["location"])
    assert (back.status_code, back.content) == (200, content)
    assert back.headers["content-type"] == kind
    assert back.headers["content-length"] == str(len(content))


@pytest.mark.parametrize("who", ["requester", "provider", "bureau", "platform"])
async def test_who_may_bring_papers(who: str, people: People) -> None:
    assert (await bring(people, who, fresh())).status_code == 201


@pytest.mark.parametrize("who", ["leading_group", "government", "auditor", "operator"])
async def test_who_may_not(who: str, people: People, store: FolderStore) -> None:
    content = fresh()
    answer = await bring(people, who, content)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_required")
    assert not kept(store, content)


async def test_somebody_of_no_organisation_may_not(people: People, bearer: Bearer) -> None:
    headers = {**bearer(Role.PLATFORM, None), "Content-Type": "application/pdf"}
    answer = await people.api.post("/v1/attachments", content=fresh(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "organisation_required")
    assert (await people.api.post("/v1/attachments", content=fresh())).status_code == 401


async def test_the_same_again_is_answered_alike_and_kept_once(people: People, store: FolderStore) -> None:
    content = fresh()
    first = await bring(people, "requester", content, X_Filename="first.pdf")
    again = await bring(people, "requester", content, X_Filename="second.pdf")
    other = await bring(people, "provider", content, X_Filename="third.pdf")
    assert [x.status_code for x in (first, again, other)] == [201, 200, 201]
    assert again.json() == first.json()
    assert other.json()["name"] == "third.pdf"
    assert len(kept(store, content)) == 1


async def test_the_same_at_once_is_brought_once(people: People, store: FolderStore) -> None:
    content = fresh()
    answers = await asyncio.gather(*(bring(people, "requester", content, X_Filename="a.pdf") for _ in range(30)))
    assert sorted(x.status_code for x in answers) == [200] * 29 + [201]
    assert len({x.text for x in answers}) == 1
    assert len(kept(store, content)) == 1
    assert list((store.folder / "arriving").iterdir()) == []


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename=\"plain.pdf\"; filename*=UTF-8''%E7%94%B3%E8%AF%B7.pdf", "申请.pdf"),
        ("attachment; filename*=UTF-8''%E7%94%B3%E8%AF%B7.pdf; filename=plain.pdf", "申请.pdf"),
        ("attachment; FILENAME=plain.pdf; FileName*=utf-8'zh'%E7%94%B3%E8%AF%B7.pdf", "申请.pdf"),
        ("attachment; filename=plain.pdf; filename*=GB18030''%C9%EA.pdf", "申.pdf"),
        ("attachment; filename=plain.pdf; filename*0*=UTF-8''%E7%94; filename*1*=%B3.pdf", "申.pdf"),
        ("attachment; filename*=nonsense; filename=plain.pdf", "plain.pdf"),
        ("attachment; filename=plain.pdf", "plain.pdf"),
        ('attachment; filename="\u200b.pdf"'.encode().decode("latin-1"), "\u200b.pdf"),
        ('attachment; filename="\u200b"'.encode().decode("latin-1"), "attachment.pdf"),
    ],
)
async def test_the_extended_name_is_the_name(people: People, disposition: str, name: str) -> None:
    sent = [(k, v.encode("latin-1")) for k, v in people.headers["requester"].items()]
    sent += [("Content-Type", b"application/pdf"), ("Content-Disposition", disposition.encode("latin-1"))]
    answer = await people.api.post("/v1/attachments", content=fresh(), headers=sent)
    assert (answer.status_code, answer.json().get("name")) == (201, name)


@pytest.mark.parametrize("extended", ["UTF-8''%FF%FE.pdf", "no-such-charset''a.pdf"])
async def test_an_extended_name_that_cannot_be_read_is_told(people: People, extended: str) -> None:
    answer = await bring(
        people, "requester", fresh(), Content_Disposition=f"attachment; filename=plain.pdf; filename*={extended}"
    )
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "header.Content-Disposition")


async def test_names_from_either_header_and_none_at_all(people: People) -> None:
    named = await bring(
        people, "requester", fresh(), Content_Disposition=f"attachment; filename*=UTF-8''{quote('申请表.pdf')}"
    )
    assert named.json()["name"] == "申请表.pdf"
    assert (await bring(people, "requester", fresh())).json()["name"] == "attachment.pdf"
    assert (await bring(people, "requester", fresh(), X_Filename="../run.bat")).json()["name"] == "run.bat.pdf"
    bad = await bring(people, "requester", fresh(), X_Filename="%E2%80%AEfdp.exe", Accept_Language="en")
    assert (bad.status_code, bad.json()["errors"][0]["path"]) == (422, "header.X-Filename")
    assert "direction of writing" in bad.json()["errors"][0]["reason"]


@pytest.mark.parametrize("which", REFUSED)
async def test_what_is_not_taken_or_not_what_it_claims_is_415(which: str, people: People, store: FolderStore) -> None:
    content, kind = REFUSED[which]
    before = kept(store, content)
    answer = await bring(people, "requester", content, kind)
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_type"), which
    assert answer.json()["detail"]
    assert kept(store, content) == before


async def test_a_polyglot_is_what_its_beginning_is_or_nothing(people: People) -> None:
    """A picture with a PDF behind it is no PDF; declared a picture it goes out as one, to be saved."""
    both = png(fresh())
    assert (await bring(people, "requester", both, "application/pdf")).status_code == 415
    answer = await bring(people, "requester", both, "image/png", X_Filename="page.html")
    assert (answer.status_code, answer.json()["name"]) == (201, "page.html.png")
    back = await people.get("requester", answer.headers["location"])
    assert back.headers["content-type"] == "image/png"
    assert back.headers["x-content-type-options"] == "nosniff"
    assert back.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in back.headers["content-security-policy"]


async def test_an_empty_paper_is_422(people: People) -> None:
    answer = await bring(people, "requester", b"")
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "body")


async def test_the_largest_paper_is_taken_and_one_byte_more_is_not(people: People, store: FolderStore) -> None:
    head = fresh()
    largest = head + b"%" * (AT_MOST - len(head))
    assert (await bring(people, "requester", largest)).status_code == 201
    answer = await bring(people, "requester", largest + b"%")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert str(AT_MOST) in answer.json()["detail"]
    assert not kept(store, largest + b"%")


async def test_what_never_ends_is_cut_off(people: People) -> None:
    pulled = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal pulled
        yield pdf()
        while True:
            pulled += 1
            yield b"%" * 10_000

    headers = {**people.headers["requester"], "Content-Type": "application/pdf"}
    answer = await people.api.post("/v1/attachments", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert pulled <= AT_MOST // 10_000 + 2


async def test_what_says_itself_that_it_is_too_large_is_not_read_at_all(people: People) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    headers = {**people.headers["requester"], "Content-Type": "application/pdf", "Content-Length": str(AT_MOST + 1)}
    answer = await people.api.post("/v1/attachments", content=never(), headers=headers)
    assert answer.status_code == 413
    claimed = {**people.headers["requester"], "Content-Type": "text/html"}
    assert (await people.api.post("/v1/attachments", content=never(), headers=claimed)).status_code == 415


async def test_a_caller_that_hangs_up_leaves_nothing(
    paper_door: AppContext, people: People, store: FolderStore
) -> None:
    content = fresh() + b"%" * 100_000
    async with serving(create_app(paper_door), "127.0.0.1", 0) as address:
        there = urlsplit(address)
        reader, writer = await asyncio.open_connection(there.hostname, there.port)
        head = {
            **people.headers["requester"],
            "Host": there.netloc,
            "Content-Type": "application/pdf",
            "Content-Length": str(len(content)),
        }
        lines = ["POST /v1/attachments HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        writer.write("\r\n".join(lines).encode() + content[:90_000])
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert await reader.read() == b""
    # The server has ended, and with it everything that was under way.
    assert not kept(store, content[:90_000])
    assert not kept(store, content)
    assert list((store.folder / "arriving").iterdir()) == []
    with paper_door.client.reader.engine.connect() as connection:
        noted = connection.execute(select(attachments.c.sha256).where(attachments.c.sha256 == digest(content[:90_000])))
        assert noted.first() is None


async def test_a_store_that_cannot_be_written_is_503_and_nothing_is_noted(
    paper_door: AppContext, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = fresh()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(paper_door.attachments, "put", full)
    answer = await bring(people, "requester", content)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"]
    assert (await people.get("requester", f"/v1/attachments/{digest(content)}")).status_code == 404


# Fetching


async def test_only_who_brought_it_may_have_what_no_case_names(people: People) -> None:
    content = fresh()
    await bring(people, "requester", content)
    path = f"/v1/attachments/{digest(content)}"
    assert (await people.get("requester", path)).status_code == 200
    for who in ("provider", "bureau", "platform", "auditor", "operator", "stranger"):
        answer = await people.get(who, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), who
    assert (await people.api.get(path)).status_code == 401


async def test_whoever_sees_a_case_that_names_it_may_have_it(people: People, bearer: Bearer) -> None:
    content = fresh()
    await bring(people, "requester", content, X_Filename=quote("申请表.pdf"))
    await people.file("changshu-2019", documents=[{"name": "申请表.pdf", "sha256": digest(content), "sealed": True}])
    path = f"/v1/attachments/{digest(content)}"
    for who in ("requester", "provider", "bureau", "auditor"):
        assert (await people.get(who, path)).content == content, who
    assert (await people.get("stranger", path)).status_code == 404
    for places, status in ((["changshu"], 200), (["nantong"], 404)):
        headers = bearer(Role.BUREAU, "bureau", places=places)
        assert (await people.api.get(path, headers=headers)).status_code == status
    as_provider = bearer(Role.PROVIDER, REQUESTER)  # of the organisation that brought it
    assert (await people.api.get(path, headers=as_provider)).status_code == 200
    as_requester = bearer(Role.REQUESTER, PROVIDER)  # neither brought it nor is a party in that role
    assert (await people.api.get(path, headers=as_requester)).status_code == 404


async def test_a_paper_named_in_a_supplement_too(people: People) -> None:
    content = fresh()
    await bring(people, "requester", content)
    request_id = await people.file()
    path = f"/v1/attachments/{digest(content)}"
    assert (await people.get("bureau", path)).status_code == 404
    await people.give("bureau", request_id, "return_for_supplement", missing=["盖章申请表"])
    supplemented = await people.give(
        "requester",
        request_id,
        "supplement",
        documents=[{"name": "申请表.pdf", "sha256": digest(content), "sealed": True}],
    )
    assert supplemented.status_code == 200, supplemented.text
    assert (await people.get("bureau", path)).content == content
    form = await people.get("bureau", f"/v1/requests/{request_id}/documents/application")
    assert digest(content) in form.text


async def test_a_case_may_name_papers_that_nobody_brought(people: People) -> None:
    elsewhere = "0" * 63 + "1"
    await people.file("changshu-2019", documents=[{"name": "纸质.pdf", "sha256": elsewhere}])
    assert (await people.get("requester", f"/v1/attachments/{elsewhere}")).status_code == 404


async def test_a_refused_filing_opens_nothing(people: People) -> None:
    content = fresh()
    await bring(people, "requester", content)
    named = {"documents": [{"name": "a.pdf", "sha256": digest(content)}], "contains_state_secret": True}
    body = {"statute": "changshu-2019", "request": named}
    answer = await people.post("requester", "/v1/requests", body, **{"Idempotency-Key": uuid.uuid4().hex})
    assert answer.status_code == 422
    assert (await people.get("bureau", f"/v1/attachments/{digest(content)}")).status_code == 404


async def test_it_goes_out_to_be_saved_under_its_name(people: People) -> None:
    content = fresh()
    await bring(people, "requester", content, X_Filename=quote('申"请;表.pdf'))
    back = await people.get("requester", f"/v1/attachments/{digest(content)}")
    name = quote('申"请;表.pdf', safe="")
    assert back.headers["content-disposition"] == f"attachment; filename=\"_____.pdf\"; filename*=UTF-8''{name}"
    assert back.headers["x-content-type-options"] == "nosniff"
    assert "private" in back.headers["cache-control"]


async def test_its_digest_is_its_etag(people: People) -> None:
    content = fresh()
    await bring(people, "requester", content)
    path = f"/v1/attachments/{digest(content)}"
    first = await people.get("requester", path)
    assert first.headers["etag"] == f'"{digest(content)}"'
    again = await people.get("requester", path, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    foreign = await people.get("provider", path, **{"If-None-Match": first.headers["etag"]})
    assert foreign.status_code == 404


async def test_head_tells_the_same_without_the_paper(people: People) -> None:
    content = fresh()
    await bring(people, "requester", content)
    path = f"/v1/attachments/{digest(content)}"
    get = await people.get("requester", path)
    head = await people.api.head(path, headers=people.headers["requester"])
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "content-disposition", "x-content-type-options"):
        assert head.headers[name] == get.headers[name]
    assert (await people.api.head(path, headers=people.headers["provider"])).status_code == 404


@pytest.mark.parametrize("damage", ["changed", "gone"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_damaged_paper_is_never_served(damage: str, method: str, people: People, store: FolderStore) -> None:
    content = fresh()
    await bring(people, "requester", content)
    (path,) = kept(store, content)
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-1] + b"X")
    answer = await people.api.request(method, f"/v1/attachments/{digest(content)}", headers=people.headers["requester"])
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    if method == "GET":
        assert answer.json()["code"] == "attachment_damaged"
    assert (await bring(people, "requester", content)).status_code == 200
    assert (await people.get("requester", f"/v1/attachments/{digest(content)}")).content == content


@pytest.mark.parametrize("name", ["0" * 64, "x", "0" * 63, "A" * 64, "..%2f..%2fetc%2fpasswd"])
async def test_what_is_no_digest_or_unknown_is_not_there(name: str, people: People) -> None:
    assert (await people.get("auditor", f"/v1/attachments/{name}")).status_code in (404, 422)
