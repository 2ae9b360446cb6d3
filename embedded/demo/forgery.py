"""How the demonstration ends: the dossier of a case that was played, checked, forged in one place and checked again."""

import asyncio
import io
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from audit.dossier.contents import EVENTS, CaseDossier, manifest_of
from audit.dossier.packing import unpacked, write_dossier
from audit.dossier.seal import seal_of
from audit.verification.results import CheckResult
from audit.verification.verify import Trusted, verify
from domain.evidence import GENESIS, canonical_json, instant_text, seal
from domain.log.keys import Ed25519Signer
from embedded.simulate.sandbox import Sandbox
from ledger.reader import Reader
from starter.dossiers import dossier_of, no_papers

EARLIER: Final = timedelta(days=2)
"""By so much the forger has the last event come before it did."""


@dataclass(frozen=True)
class CheckedTwice:
    """A dossier's size in bytes, what came of its checks, and of those of the forged one."""

    size: int
    checked: list[CheckResult]
    forged_event: int
    checked_again: list[CheckResult]


async def checked_and_forged(ground: Sandbox, request_id: str, log: Ed25519Signer) -> CheckedTwice:
    """Pack the dossier of a case under a checkpoint that the log signs, check it; forge it, and check it again."""
    reader = Reader(ground.engine)
    kept = await asyncio.to_thread(reader.log.checkpoint, log, datetime.now(UTC))
    made = await dossier_of(reader, ground.temporal, request_id)
    zipped = io.BytesIO()
    write_dossier(zipped, CaseDossier(made.manifest, made.files, seal=seal_of(made.manifest, log)), no_papers)
    dossier = unpacked(zipped)
    trusted = Trusted([log.key], kept)
    checked = await asyncio.to_thread(verify, dossier, trusted)
    forger = Ed25519Signer(log.key.name, secrets.token_bytes(32))
    number, forged = predated(dossier, forger)
    return CheckedTwice(len(zipped.getvalue()), checked, number, await asyncio.to_thread(verify, forged, trusted))


def predated(dossier: CaseDossier, forger: Ed25519Signer) -> tuple[int, CaseDossier]:
    """The dossier with its last event some days earlier, and its number.

    The forger is no fool: the chain is computed anew, the manifest fits, and it is sealed again.
    """
    events = [json.loads(line) for line in dossier.files[EVENTS].splitlines()]
    last = events[-1]
    last["at"] = instant_text(datetime.fromisoformat(last["at"]) - EARLIER)
    prev, lines = GENESIS, []
    for event in events:
        body = {name: value for name, value in event.items() if name not in ("digest", "prev")}
        event.update(prev=prev, digest=seal(body, prev, dossier.manifest.algorithm))
        prev = event["digest"]
        lines.append(f"{canonical_json(event)}\n")
    said, files = dossier.manifest, {**dossier.files, EVENTS: "".join(lines).encode()}
    manifest = manifest_of(said.request_id, said.algorithm, said.made_by, files)
    return last["seq"], CaseDossier(manifest, files, seal=seal_of(manifest, forger))
