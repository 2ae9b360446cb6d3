"""Checkpoints over HTTP: whoever is signed in reads, keeps and checks them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text

from api.app import create_app
from api.context import open_context
from api.settings import ApiSettings
from domain.log.checkpoints import checkpoint_in
from domain.log.keys import Ed25519Signer, read_public_key
from domain.log.notes import read_note, signed_by
from embedded.simulate.sandbox import Sandbox
from ledger.engine import connect
from ledger.log_book import LogBook
from ledger.recording import record_step
from ledger.schema import migrate
from starter.engine_client import ShareflowClient
from starter.tokens import Issuer
from tests.api.callers import Bearer, People
from tests.ledger.conftest import Steps, resolve, with_texts

SIGNER = Ed25519Signer("shareflow/test", b"\x01" * 32)
RESOLVE = resolve.__wrapped__()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def ledger(ground: Sandbox) -> Engine:
    """A ledger of which nobody has made a checkpoint."""
    with ground.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE without_checkpoints"))
    address = ground.engine.url.set(drivername="postgresql", database="without_checkpoints")
    engine = connect(address.render_as_string(hide_password=False), pool_size=2)
    migrate(engine)
    with_texts(engine)
    return engine


@pytest.fixture
async def readers(
    ground: Sandbox, ledger: Engine, issuer: Issuer, bearer: Bearer, tmp_path: Path
) -> AsyncIterator[People]:
    """Everybody, at a door to that ledger."""
    client = ShareflowClient(ground.temporal, ledger)
    async with open_context(client, ApiSettings(), issuer, tmp_path) as context:
        transport = httpx.ASGITransport(create_app(context))
        async with httpx.AsyncClient(transport=transport, base_url="http://shareflow") as api:
            yield People(api, bearer)


async def test_a_checkpoint_is_read_kept_and_checked_by_anybody(ledger: Engine, readers: People) -> None:
    assert (await readers.get("auditor", "/v1/checkpoints")).json() == {"items": [], "next": None}
    none = await readers.get("auditor", "/v1/checkpoints/key")
    assert (none.status_code, none.json()["code"]) == (404, "not_found")
    assert "尚未签署检查点" in none.json()["detail"]
    book, notes = LogBook(ledger), list[str]()
    for case in "abc":
        record_step(ledger, Steps(case).filing(), RESOLVE, "sm3")
        notes.append(book.checkpoint(SIGNER, datetime.now(UTC)))
    told = (await readers.get("stranger", "/v1/checkpoints/key")).json()
    key = read_public_key(told["key"])
    assert (told["name"], key) == ("shareflow/test", SIGNER.key)

    first = (await readers.get("requester", "/v1/checkpoints?limit=2")).json()
    rest = (await readers.get("requester", f"/v1/checkpoints?limit=2&cursor={first['next']}")).json()
    seen = [*first["items"], *rest["items"]]
    assert ([each["note"] for each in seen], rest["next"]) == (notes[::-1], None)
    newest = seen[0]
    said = checkpoint_in(read_note(newest["note"]))
    assert signed_by(read_note(newest["note"]), [key])
    assert newest["roots"] == {"sha256": said.root.hex(), "sm3": (said.sm3_root or b"").hex()}
    assert (newest["log"], newest["size"]) == (said.origin, 6)
    assert datetime.fromisoformat(newest["made_at"]) == said.at
    assert (await readers.get("operator", newest["links"]["self"])).json() == newest
    missing = await readers.get("operator", "/v1/checkpoints/5", **{"Accept-Language": "en"})
    assert (missing.status_code, missing.json()["detail"]) == (404, "No checkpoint covers exactly so many entries.")
    assert (await readers.get("operator", "/v1/checkpoints?cursor=x")).status_code == 400
    assert (await readers.api.get("/v1/checkpoints")).status_code == 401
