"""Dossiers for tests: made of the golden histories, whose cases are decided again to learn what their ledger held."""

import asyncio
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

from audit.assembling import assembled
from audit.dossier.contents import CALENDAR, EVENTS, INDEX, POLICY, STATUTE, CaseDossier, manifest_of, name_of_run
from audit.dossier.packing import write_dossier
from audit.dossier.persons import rewritten
from audit.page.facts import PAGE
from audit.verification.disposal import opened_in
from audit.verification.history import opening_in, replay
from audit.verification.page import page_made
from audit.verification.record import record_in
from audit.verification.replayed import Replayed
from audit.verification.results import CheckFailed
from domain.calendar import Calendar, Edition
from domain.engine.records import NumberedEvent, RecordedEvent
from domain.evidence import GENESIS, body_of, canonical_json, plain, seal
from domain.rule_texts import KNOWN
from tests.engine.make_histories import FOLDER, HANDED_OVER, learn_rule_texts

learn_rule_texts()
CASES: Mapping[str, tuple[Path, ...]] = {
    **{path.stem: (path,) for path in sorted(FOLDER.glob("*.json")) if path.stem not in HANDED_OVER},
    "handed-over": tuple(FOLDER / f"{name}.json" for name in HANDED_OVER),
}
"""The histories of each case, its runs in order."""


PEOPLE: Mapping[str, str] = {
    "requester": "王小明", "provider": "Ли Четыре", "bureau": '赵 "六"', "leading_group": "孙七", "government": "周八",
}  # fmt: skip
"""Who acts for whom, where a case is told with persons."""


@cache
def dossier_of(case: str) -> CaseDossier:
    """The dossier of a case whose histories are kept; nobody is named in them."""
    return asyncio.run(_made([path.read_text("utf-8") for path in CASES[case]]))


@cache
def named_dossier_of(case: str) -> CaseDossier:
    """The dossier of the same case, had it been told who acted for whom."""
    return asyncio.run(_made([_named(path.read_text("utf-8")) for path in CASES[case]]))


@cache
def withheld_dossier_of(case: str) -> CaseDossier:
    """The dossier of that case without its persons."""
    whole = named_dossier_of(case)
    record = {name: content for name, content in whole.files.items() if name not in (PAGE, INDEX)}
    said = whole.manifest
    return asyncio.run(assembled(said.request_id, said.algorithm, said.made_by, record, lambda _: None, False))


def _named(text: str) -> str:
    """A history in which departments act by persons."""

    def name(message: Any) -> Any:
        if isinstance(message, list):
            return [name(each) for each in message]
        if not isinstance(message, dict):
            return message
        if message.get("role") in PEOPLE and message.keys() <= {"role", "org", "person"}:
            return {**message, "person": PEOPLE[message["role"]]}
        return {key: name(value) for key, value in message.items()}

    return json.dumps(rewritten(json.loads(text), name))


def _told(text: str, recorded: Sequence[RecordedEvent]) -> str:
    """The history of a case that its ledger has told of these events."""

    def tell(message: Any) -> Any:
        if isinstance(message, list):
            return [tell(each) for each in message]
        if not isinstance(message, dict):
            return message
        if message.get("snapshot"):
            left = message["snapshot"]
            return {**message, "snapshot": {**left, "prev": recorded[left["state"]["head"] - 1].digest}}
        if "digest" not in message:
            return message
        if "applied" in message:
            told = {**message, "digest": recorded[message["head"] - 1].digest}
            return {**told, "events": [tell(each) for each in message["events"]]} if "events" in message else told
        if "seq" in message:
            return {**plain(recorded[message["seq"] - 1])}
        return message

    return json.dumps(rewritten(json.loads(text), tell))


async def _made(texts: Sequence[str]) -> CaseDossier:
    histories = [WorkflowHistory.from_json("case", text) for text in texts]
    opening = opening_in(histories[0])
    replayed = Replayed()
    for history in histories:
        assert await replay(history, replayed) is None
    algorithm = next(heard.result.algorithm for heard in replayed.steps if heard.result.algorithm)
    prev, recorded = GENESIS, list[RecordedEvent]()
    for event in replayed.events():
        salt = None if event.actor.person is None else f"{event.seq:032x}"
        digest = seal({**body_of(event), "salt": salt}, prev, algorithm)
        said = {name: getattr(event, name) for name in NumberedEvent.model_fields}
        recorded.append(RecordedEvent(**{**said, "prev": prev, "digest": digest, "salt": salt}))
        prev = digest
    if any(event.salt for event in recorded):
        texts = [_told(text, recorded) for text in texts]
    else:
        assert prev == [heard.result for heard in replayed.steps if heard.result.applied][-1].digest
    files = {
        EVENTS: "".join(f"{canonical_json(plain(event))}\n" for event in recorded).encode(),
        STATUTE: written(_rule_text(opening.statute_digest)),
        POLICY: written(_rule_text(opening.policy_digest)),
        CALENDAR: written({"editions": [json.loads(edition.to_json()) for edition in Calendar.packaged().editions]}),
        **{name_of_run(number): text.encode() for number, text in enumerate(texts, start=1)},
    }
    return await assembled(opening.request_id, algorithm, version("shareflow"), files, lambda _: None)


def resealed(dossier: CaseDossier, files: Mapping[str, bytes]) -> CaseDossier:
    """The dossier with these files, a manifest that lists them and a page that shows them: whoever forges can count."""
    said = dossier.manifest

    def packed_again(files: Mapping[str, bytes]) -> CaseDossier:
        listed = manifest_of(said.request_id, said.algorithm, said.made_by, files, withheld=said.withheld)
        return CaseDossier(listed, files)

    forged = packed_again(files)
    try:
        page = page_made(forged, record_in(forged), opened_in(forged))
    except (CheckFailed, LookupError):
        return forged
    return packed_again({**files, PAGE: page})


def with_calendar(dossier: CaseDossier, editions: Iterable[Edition]) -> CaseDossier:
    """The dossier with another calendar, packed again."""
    said = {"editions": [json.loads(edition.to_json()) for edition in Calendar(editions).editions]}
    return resealed(dossier, {**dossier.files, CALENDAR: written(said)})


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
