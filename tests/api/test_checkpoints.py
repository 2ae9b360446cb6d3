"""Checkpoints over HTTP: whoever is signed in reads, keeps and checks them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text

from api.app import create_app
from api.context import open_context
from api.settings import ApiSettings
from domain.log.checkpoints import checkpoint_in
from domain.log.keys import Ed25519Signer, Witness, read_public_key
from domain.log.notes import read_note, signed_by
from domain.log.proofs import check_consistency
from domain.log.tree import TreeHash
from embedded.simulate.sandbox import Sandbox
from ledger.engine import connect
from ledger.log_book import LogBook
from ledger.recording import record_step
from ledger.schema import migrate
from starter.engine_client import ShareflowClient
from starter.tokens import Issuer
from tests.api.callers import Bearer, People
from tests.databases import with_texts
from tests.ledger.conftest import Steps, resolve

SIGNER = Ed25519Signer("shareflow/test", b"\x01" * 32)
WITNESS = Witness("audit.example", b"\x02" * 32, lambda: 1_800_000_000)
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
    async with open_context(client, ApiSettings(witnesses=[WITNESS.key]), issuer, tmp_path) as context:
        transport = httpx.ASGITransport(create_app(context))
        async with httpx.AsyncClient(transport=transport, base_url="http://shareflow") as api:
            yield People(api, bearer)


def grown(ledger: Engine, *cases: str) -> list[str]:
    """A checkpoint after the filing of each of these cases."""
    notes = []
    for case in cases:
        record_step(ledger, Steps(case).filing(), RESOLVE, "sm3")
        notes.append(LogBook(ledger).checkpoint(SIGNER, datetime.now(UTC)))
    return notes


async def test_a_checkpoint_is_read_kept_and_checked_by_anybody(ledger: Engine, readers: People) -> None:
    assert (await readers.get("auditor", "/v1/checkpoints")).json() == {"items": [], "next": None}
    none = await readers.get("auditor", "/v1/checkpoints/key")
    assert (none.status_code, none.json()["code"]) == (404, "not_found")
    assert "尚未签署检查点" in none.json()["detail"]
    notes = grown(ledger, *"abc")
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


async def test_another_authority_sees_the_log_grow_and_cosigns(ledger: Engine, readers: People) -> None:
    grown(ledger, "d", "e")
    [newest, before] = (await readers.get("auditor", "/v1/checkpoints?limit=2")).json()["items"]
    sizes = before["size"], newest["size"]
    proof = (await readers.get("auditor", f"/v1/checkpoints/{sizes[1]}/growth/{sizes[0]}")).json()
    for algorithm in ("sha256", "sm3"):
        old, new = (bytes.fromhex(each["roots"][algorithm]) for each in (before, newest))
        path = [bytes.fromhex(each) for each in proof[algorithm]]
        check_consistency(TreeHash(algorithm), sizes[0], old, sizes[1], new, path)
    from_none = (await readers.get("auditor", f"/v1/checkpoints/{sizes[1]}/growth/0")).json()
    assert from_none == {"old_size": 0, "size": sizes[1], "sha256": [], "sm3": []}, "as of every log"
    assert (await readers.get("auditor", f"/v1/checkpoints/{sizes[1]}/growth/5")).status_code == 404
    assert (await readers.get("auditor", f"/v1/checkpoints/{sizes[0]}/growth/{sizes[1]}")).status_code == 404

    where = f"/v1/checkpoints/{newest['size']}/cosignatures"
    note = read_note(newest["note"])
    assert newest["cosignatures"] == []
    for _ in range(2):  # brought again, nothing changes
        told = await readers.post("auditor", where, {"note": note.signed(WITNESS).written()})
        assert told.status_code == 200, told.text
        assert [each["name"] for each in told.json()["cosignatures"]] == ["audit.example"]
        assert datetime.fromisoformat(told.json()["cosignatures"][0]["at"]).timestamp() == 1_800_000_000
        assert list(signed_by(read_note(told.json()["note"]), [WITNESS.key])) == [WITNESS.key]
        assert (await readers.get("auditor", newest["links"]["self"])).json() == told.json()


async def test_the_timestamp_of_a_checkpoint_is_given_as_it_came(ledger: Engine, readers: People) -> None:
    grown(ledger, "g")
    [newest] = (await readers.get("auditor", "/v1/checkpoints?limit=1")).json()["items"]
    where, at = f"/v1/checkpoints/{newest['size']}/timestamp", datetime(2026, 11, 27, 8, tzinfo=UTC)
    assert (newest["stamped_at"], newest["links"]["timestamp"]) == (None, None)
    none = await readers.get("auditor", where, **{"Accept-Language": "en"})
    assert (none.status_code, none.json()["code"]) == (404, "not_found")
    assert none.json()["detail"] == "No checkpoint of exactly so many entries has a timestamp."
    LogBook(ledger).keep_timestamp(newest["size"], at, b"as it came")
    told = (await readers.get("auditor", newest["links"]["self"])).json()
    assert (datetime.fromisoformat(told["stamped_at"]), told["links"]["timestamp"]) == (at, where)
    given = await readers.get("stranger", where)
    assert (given.content, given.headers["content-type"]) == (b"as it came", "application/timestamp-reply")


async def test_what_no_witness_wrote_is_not_kept(ledger: Engine, readers: People) -> None:
    grown(ledger, "f")
    [newest] = (await readers.get("auditor", "/v1/checkpoints?limit=1")).json()["items"]
    where, note = f"/v1/checkpoints/{newest['size']}/cosignatures", read_note(newest["note"])
    stranger = Witness("stranger.example", b"\x03" * 32, lambda: 1_800_000_000)
    impostor = Witness("audit.example", b"\x03" * 32, lambda: 1_800_000_000)
    another = replace(checkpoint_in(note), root=b"\x00" * 32).note().signed(SIGNER).signed(WITNESS)
    borrowed = replace(note.signed(impostor).signatures[-1], key_id=WITNESS.key.id)
    wrong = {
        "none of the keys that are trusted has signed it": note.signed(stranger),
        "the signature of audit.example is not that key's": replace(note, signatures=(*note.signatures, borrowed)),
        "no checkpoint that this log has made": another,
    }
    for why, brought in wrong.items():
        told = await readers.post("auditor", where, {"note": brought.written()})
        assert (told.status_code, told.json()["code"]) == (422, "not_cosigned")
        assert why in told.json()["detail"]
    for body in ({"note": "x"}, {"note": note.signed(WITNESS).written().replace(f"\n{newest['size']}\n", "\n0\n")}):
        assert (await readers.post("auditor", where, body)).json()["code"] == "not_cosigned"
    assert (await readers.post("requester", where, {"note": "x"})).status_code == 403
    assert (await readers.post("auditor", where, {})).status_code == 422
