"""Checkpoints over HTTP: whoever is signed in reads, keeps and checks them."""

from datetime import UTC, datetime

import httpx

from domain.log.checkpoints import checkpoint_in
from domain.log.keys import Ed25519Signer, read_public_key
from domain.log.notes import read_note, signed_by
from embedded.simulate.sandbox import Sandbox
from ledger.log_book import LogBook
from tests.api.callers import People

SIGNER = Ed25519Signer("shareflow/test", b"\x01" * 32)


async def test_a_checkpoint_is_read_kept_and_checked_by_anybody(
    ground: Sandbox, people: People, api: httpx.AsyncClient
) -> None:
    none = await people.get("auditor", "/v1/checkpoints/key")
    assert (none.status_code, none.json()["code"]) == (404, "not_found")
    assert "尚未签署检查点" in none.json()["detail"]
    book, notes = LogBook(ground.engine), list[str]()
    for _ in range(3):
        await people.file()
        notes.append(book.checkpoint(SIGNER, datetime.now(UTC)))
    told = (await people.get("stranger", "/v1/checkpoints/key")).json()
    key = read_public_key(told["key"])
    assert (told["name"], key) == ("shareflow/test", SIGNER.key)

    seen, path = [], "/v1/checkpoints?limit=2"
    while path:
        page = (await people.get("requester", path)).json()
        seen += page["items"]
        path = f"/v1/checkpoints?limit=2&cursor={page['next']}" if page["next"] else ""
    assert [each["note"] for each in seen] == notes[::-1]
    newest = seen[0]
    said = checkpoint_in(read_note(newest["note"]))
    assert signed_by(read_note(newest["note"]), [key])
    assert newest["roots"] == {"sha256": said.root.hex(), "sm3": (said.sm3_root or b"").hex()}
    assert (newest["log"], newest["size"], datetime.fromisoformat(newest["made_at"])) == (
        said.origin,
        said.size,
        said.at,
    )
    assert (await people.get("operator", newest["links"]["self"])).json() == newest
    missing = await people.get("operator", f"/v1/checkpoints/{said.size - 1}", **{"Accept-Language": "en"})
    assert (missing.status_code, missing.json()["detail"]) == (404, "No checkpoint covers exactly so many entries.")
    assert (await people.get("operator", "/v1/checkpoints?cursor=x")).status_code == 400
    assert (await api.get("/v1/checkpoints")).status_code == 401
