"""Papers in a bucket of an S3-compatible store, on a server that plays one: moto, over HTTP and with signatures.

Not among the tests that ``make test`` collects: ``make check-deploy``, which gives that server an environment.
"""

import asyncio
import hashlib
import io
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import sleep

import httpx
import obstore
import pytest
from obstore.store import S3Store

from api.app import create_app
from api.context import AppContext, open_context
from api.settings import ApiSettings
from configuration.errors import StartupError
from configuration.object_store import ObjectPlace
from domain.words import Role
from embedded.stack.ports import free_port
from starter.attachments import AttachmentDamaged
from starter.attachments.bucket import BucketStore
from starter.tokens import Issuer
from tests.api.callers import Bearer
from tests.deploy.with_tools import BIN
from tests.engine.cases import REQUESTER

CONTENT = "申请表".encode() * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
LARGE = b"%PDF-1.7\n" + bytes(range(256)) * 60_000
"""Of more bytes than one part of an upload has."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of the server."""
    port = free_port()
    program = BIN.parent / "s3-server/bin/moto_server"
    server = subprocess.Popen([program, "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{address}/moto-api/").close()
            break
        except OSError:
            sleep(0.1)
    yield address
    server.terminate()
    server.wait(10)


@pytest.fixture
def place(endpoint: str) -> ObjectPlace:
    """A bucket that is there."""
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/papers", method="PUT")).close()
    return ObjectPlace("papers", "shareflow", endpoint, "us-east-1", "AKIDEXAMPLE", "secret")


@pytest.fixture
def store(place: ObjectPlace) -> BucketStore:
    return BucketStore(place, 20_000_000)


@pytest.fixture
def behind(place: ObjectPlace) -> S3Store:
    """The bucket as its own operators see it."""
    return S3Store(
        place.bucket,
        endpoint=place.endpoint,
        region=place.region,
        access_key_id="AKIDEXAMPLE",
        secret_access_key="secret",
        client_options={"allow_http": True},
    )


def names(behind: S3Store) -> list[str]:
    return sorted(meta["path"] for page in obstore.list(behind) for meta in page)


@pytest.mark.parametrize("content", [CONTENT, LARGE], ids=["small", "in parts"])
def test_what_is_kept_comes_back_word_for_word_and_goes_for_good(
    store: BucketStore, behind: S3Store, content: bytes
) -> None:
    digest = hashlib.sha256(content).hexdigest()
    assert not store.exists(digest)
    for _ in range(2):
        store.put(digest, io.BytesIO(content))
    assert names(behind) == [f"shareflow/{digest[:2]}/{digest}"]
    with store.open(digest) as file:
        assert file.read() == content
    assert (store.exists(digest), store.remove(digest), store.remove(digest), store.exists(digest)) == (
        True,
        True,
        False,
        False,
    )


def test_what_is_damaged_is_never_served_and_is_mended_by_bringing_it_again(
    store: BucketStore, behind: S3Store
) -> None:
    with pytest.raises(AttachmentDamaged, match=DIGEST):
        store.open(DIGEST)
    for damaged in (CONTENT[:-1] + b"x", CONTENT[:-1]):
        obstore.put(behind, f"shareflow/{DIGEST[:2]}/{DIGEST}", damaged)
        with pytest.raises(AttachmentDamaged, match=DIGEST):
            store.open(DIGEST)
    store.put(DIGEST, io.BytesIO(CONTENT))
    with store.open(DIGEST) as file:
        assert file.read() == CONTENT
    assert store.remove(DIGEST)


def test_a_content_under_a_foreign_digest_and_a_name_that_is_none_are_refused(
    store: BucketStore, behind: S3Store
) -> None:
    with pytest.raises(ValueError, match="digest"):
        store.put("0" * 64, io.BytesIO(CONTENT))
    for ask in (store.exists, store.open, store.remove):
        with pytest.raises(ValueError, match="SHA-256"):
            ask("../../etc/passwd")
    assert names(behind) == []


def test_a_bucket_that_is_not_there_and_a_store_that_is_away_stop_the_start(
    place: ObjectPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("starter.attachments.bucket.TRIES", 0)
    for wrong in (
        replace(place, bucket="not-there"),
        replace(place, endpoint=f"http://127.0.0.1:{free_port()}"),
    ):
        with pytest.raises(StartupError, match=f"The bucket {wrong.bucket} for attachments cannot be used") as refused:
            BucketStore(wrong, 1000)
        assert (place.secret or "") not in str(refused.value)


async def test_papers_are_brought_and_fetched_through_the_api(
    context: AppContext, place: ObjectPlace, issuer: Issuer, bearer: Bearer, tmp_path: Path, behind: S3Store
) -> None:
    settings = ApiSettings(papers=place)
    async with open_context(context.client, settings, issuer, tmp_path) as here:
        transport = httpx.ASGITransport(create_app(here))
        async with httpx.AsyncClient(transport=transport, base_url="http://shareflow", timeout=60) as caller:
            headers = bearer(Role.REQUESTER, REQUESTER)
            brought = await caller.post("/v1/attachments", content=CONTENT, headers={**headers, "X-Filename": "a.txt"})
            assert brought.status_code == 201
            assert brought.json()["sha256"] == DIGEST
            assert (await caller.get(f"/v1/attachments/{DIGEST}", headers=headers)).content == CONTENT
            await asyncio.to_thread(obstore.put, behind, f"shareflow/{DIGEST[:2]}/{DIGEST}", b"x")
            lost = await caller.get(f"/v1/attachments/{DIGEST}", headers=headers)
            assert (lost.status_code, lost.json()["code"]) == (500, "attachment_damaged")
    assert not (tmp_path / "attachments").exists()
