"""Dossiers for tests: made of the golden histories, whose cases are decided again to learn what their ledger held."""

import asyncio
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

from audit.assembling import assembled
from audit.dossier.contents import CALENDAR, EVENTS, POLICY, STATUTE, CaseDossier, manifest_of, name_of_run
from audit.dossier.packing import write_dossier
from audit.page.facts import PAGE
from audit.verification.history import Replayed, histories_in, opening_in, replay
from audit.verification.page import page_made
from audit.verification.record import record_in
from audit.verification.results import CheckFailed
from domain.calendar import Calendar
from domain.engine.records import RecordedEvent
from domain.evidence import GENESIS, body_of, canonical_json, plain, seal
from domain.rule_texts import KNOWN
from tests.engine.make_histories import FOLDER, HANDED_OVER, learn_rule_texts

learn_rule_texts()
CASES: Mapping[str, tuple[Path, ...]] = {
    **{path.stem: (path,) for path in sorted(FOLDER.glob("*.json")) if path.stem not in HANDED_OVER},
    "handed-over": tuple(FOLDER / f"{name}.json" for name in HANDED_OVER),
}
"""The histories of each case, its runs in order."""


@cache
def dossier_of(case: str) -> CaseDossier:
    """The dossier of a case whose histories are kept."""
    return asyncio.run(_made(CASES[case]))


async def _made(paths: tuple[Path, ...]) -> CaseDossier:
    texts = [path.read_text("utf-8") for path in paths]
    histories = [WorkflowHistory.from_json("case", text) for text in texts]
    opening = await opening_in(histories[0])
    replayed = Replayed()
    for history in histories:
        assert await replay(history, replayed) is None
    algorithm = next(result.algorithm for _, result in replayed.steps if result.algorithm)
    prev, lines = GENESIS, []
    for event in replayed.events():
        digest = seal(body_of(event), prev, algorithm)
        recorded = RecordedEvent(
            **{**{name: getattr(event, name) for name in type(event).model_fields}, "prev": prev, "digest": digest}
        )
        lines.append(canonical_json(plain(recorded)))
        prev = digest
    assert prev == [result for _, result in replayed.steps if result.applied][-1].digest
    files = {
        EVENTS: "".join(f"{line}\n" for line in lines).encode(),
        STATUTE: written(_rule_text(opening.statute_digest)),
        POLICY: written(_rule_text(opening.policy_digest)),
        CALENDAR: written({"editions": [json.loads(edition.to_json()) for edition in Calendar.packaged().editions]}),
        **{name_of_run(number): text.encode() for number, text in enumerate(texts, start=1)},
    }
    return await assembled(opening.request_id, algorithm, version("shareflow"), files, lambda _: None)


def resealed(dossier: CaseDossier, files: Mapping[str, bytes]) -> CaseDossier:
    """The dossier with these files, a manifest that lists them and a page that shows them: whoever forges can count."""
    said = dossier.manifest
    forged = CaseDossier(manifest_of(said.request_id, said.algorithm, said.made_by, files), files)
    try:
        page = page_made(forged, record_in(forged), asyncio.run(opening_in(histories_in(forged)[0])))
    except (CheckFailed, LookupError):
        return forged
    files = {**files, PAGE: page}
    return CaseDossier(manifest_of(said.request_id, said.algorithm, said.made_by, files), files)


def packed(dossier: CaseDossier, papers: Sequence[bytes] = ()) -> bytes:
    """The zip of a dossier, with these papers."""
    buffer, there = io.BytesIO(), {hashlib.sha256(paper).hexdigest(): paper for paper in papers}
    write_dossier(buffer, dossier, lambda digest: io.BytesIO(there[digest]))
    return buffer.getvalue()


def _rule_text(digest: str) -> dict[str, Any]:
    text = KNOWN.text(digest)
    return {"digest": digest, "kind": text.kind, "body": text.body}


def written(value: Any) -> bytes:
    return f"{canonical_json(value)}\n".encode()
