"""Verification of dossiers: whole ones hold, and whatever was changed is named, however well it was sealed again."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.dossier.contents import CALENDAR, EVENTS, HISTORY, REQUIRED, STATUTE, CaseDossier, DossierUnusable
from audit.verification.verify import verify
from domain.engine.records import RecordedEvent
from domain.evidence import GENESIS, body_of, canonical_json, plain, seal
from tests.audit.dossiers import CASES, dossier_of, resealed, written
from tests.engine.make_histories import PARKED

CASE = "cn-809-2025.extension-granted"
OTHER = "nantong-2020.refused-late-then-impasse"
Events = list[dict[str, Any]]


def wrong(dossier: CaseDossier) -> dict[str, str]:
    return {result.check: result.detail for result in verify(dossier) if result.result == "FAIL"}


def events_of(dossier: CaseDossier) -> Events:
    return [json.loads(line) for line in dossier.files[EVENTS].splitlines()]


def with_files(dossier: CaseDossier, files: Mapping[str, bytes]) -> CaseDossier:
    """The dossier with these files, and a manifest that lists them: whoever forges can count."""
    return resealed(dossier, files)


def with_events(dossier: CaseDossier, events: Events, chained: bool = False) -> CaseDossier:
    """The dossier with these events, as they are or with the chain computed anew."""
    lines, prev = [], GENESIS
    for event in events:
        if chained:
            body = {name: value for name, value in event.items() if name not in ("digest", "prev")}
            event = {**body, "prev": prev, "digest": seal(body, prev, dossier.manifest.algorithm)}
            prev = event["digest"]
        lines.append(canonical_json(event))
    return with_files(dossier, {**dossier.files, EVENTS: "".join(f"{line}\n" for line in lines).encode()})


@pytest.mark.parametrize("case", CASES)
def test_a_whole_dossier_holds(case: str) -> None:
    results, is_played = verify(dossier_of(case)), case not in {PARKED, "handed-over"}
    assert {result.check: result.detail for result in results if result.result == "FAIL"} == {}
    assert [result.check for result in results if result.result == "ok"] == [
        "structure", "release", "digests", "record", "chain", "persons", "texts", "transitions", "deadlines",
        "documents", "history", "ledger", *([] if is_played else ["dates"]), "acts", "page",
    ]  # fmt: skip
    assert [result.check for result in results if result.result == "skipped"] == [
        *(["dates"] if is_played else []), "log", "signature", "checkpoint", "timestamp", "seal",
    ]  # fmt: skip


@given(st.data())
def test_no_byte_of_a_file_can_be_changed(data: st.DataObject) -> None:
    dossier = dossier_of(CASE)
    name = data.draw(st.sampled_from(sorted(dossier.files)))
    content = bytearray(dossier.files[name])
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    assert wrong(replace(dossier, files={**dossier.files, name: bytes(content)}))["digests"].startswith(name)


@pytest.mark.parametrize("name", REQUIRED)
def test_no_file_can_be_left_out(name: str) -> None:
    dossier = dossier_of(CASE)
    rest = {each: content for each, content in dossier.files.items() if each != name}
    assert wrong(replace(dossier, files=rest)) == {"structure": f"{name} is missing"}
    assert wrong(with_files(dossier, rest)) == {"structure": f"{name} is missing"}


def test_nothing_can_be_slipped_in() -> None:
    dossier = dossier_of(CASE)
    assert wrong(replace(dossier, files={**dossier.files, "more.txt": b""})) == {
        "structure": "more.txt is not in the manifest"
    }


def changed(events: Events, number: int, **said: Any) -> Events:
    return [{**event, **said} if event["seq"] == number else event for event in events]


FORGERIES: Mapping[str, Callable[[Events], Events]] = {
    "another instant": lambda events: changed(events, 1, at="2025-08-01T09:00:00.000000+08:00"),
    "another actor": lambda events: changed(events, 2, actor={**events[1]["actor"], "org": "somebody"}),
    "another article": lambda events: changed(events, 1, article="1"),
    "another statute": lambda events: changed(events, 1, statute="yima-2021"),
    "another reason": lambda events: changed(events, 1, data={**events[0]["data"], "reason": "x"}),
    "another key": lambda events: changed(events, 1, key="x"),
    "the last two swapped": lambda events: [*events[:-2], events[-1], events[-2]],
    "one left out": lambda events: [*events[:2], *events[3:]],
    "the last one left out": lambda events: events[:-1],
    "one told twice": lambda events: [*events, events[-1]],
}


def renumbered(events: Events) -> Events:
    return [{**event, "seq": number} for number, event in enumerate(events, start=1)]


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("case", [CASE, OTHER])
def test_a_forged_ledger_is_found_out(case: str, forgery: str) -> None:
    dossier = dossier_of(case)
    forged = FORGERIES[forgery](events_of(dossier))
    found = wrong(with_events(dossier, forged))
    assert found, "nothing was noticed"
    assert "chain" in found or forgery == "the last one left out"
    # And by somebody who computes the whole chain anew: the history knows what was decided.
    resealed = wrong(with_events(dossier, renumbered(forged), chained=True))
    assert resealed, "nothing was noticed after the chain was computed anew"
    assert "chain" not in resealed


@pytest.mark.parametrize("case", [case for case in CASES if "granted-on-filing" not in case])
def test_a_deadline_that_was_moved_is_counted_again(case: str) -> None:
    dossier = dossier_of(case)
    events = events_of(dossier)
    started = next(event for event in events if event["clock"])
    clock = {**started["clock"], "due_date": "2030-01-04", "due_at": "2030-01-05T00:00:00.000000+08:00"}
    forged = with_events(dossier, changed(events, started["seq"], clock=clock), chained=True)
    found = {result.check: result for result in verify(forged) if result.result == "FAIL"}
    assert "2030-01-04" in found["deadlines"].detail
    assert found["deadlines"].article == started["clock"]["article"]


def test_another_text_was_not_that_of_the_case() -> None:
    dossier, other = dossier_of(CASE), dossier_of(OTHER)
    assert wrong(with_files(dossier, {**dossier.files, STATUTE: other.files[STATUTE]})) == {
        "texts": f"the case was filed under another text than {STATUTE}"
    }
    statute = json.loads(dossier.files[STATUTE])
    statute["body"]["title"]["en"] = "Another"
    altered = with_files(dossier, {**dossier.files, STATUTE: written(statute)})
    assert wrong(altered) == {"record": f"{STATUTE} is not the text that its digest names"}


def test_another_calendar_gives_other_days() -> None:
    dossier = dossier_of(CASE)
    calendar = json.loads(dossier.files[CALENDAR])
    none = with_files(dossier, {**dossier.files, CALENDAR: written({"editions": calendar["editions"][:1]})})
    assert "deadlines" in wrong(none)
    broken = with_files(dossier, {**dossier.files, CALENDAR: written({"editions": [{"id": "x"}]})})
    assert wrong(broken)["record"].startswith(f"{CALENDAR} holds no calendar")


def test_the_history_of_another_case_is_none_of_this_one() -> None:
    dossier, other = dossier_of(CASE), dossier_of(OTHER)
    swapped = with_files(dossier, {**dossier.files, HISTORY: other.files[HISTORY]})
    assert wrong(swapped)["history"].startswith(f"{HISTORY} is the history of NANTONG")


@pytest.mark.parametrize("change", [{"purpose": "商业推送"}, {"office_head_consent": True}, {"nothing": "of the kind"}])
def test_what_was_filed_is_what_its_digest_says(change: dict[str, Any]) -> None:
    dossier = dossier_of(CASE)
    history = json.loads(dossier.files[HISTORY])
    [payload] = history["events"][0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"]
    opening = json.loads(base64.b64decode(payload["data"]))
    opening["application"].update(change)
    payload["data"] = base64.b64encode(json.dumps(opening).encode()).decode()
    forged = with_files(dossier, {**dossier.files, HISTORY: json.dumps(history).encode()})
    assert wrong(forged)["history"] == f"{HISTORY}: what was filed is not what event 1 says by its digest"


def test_a_notice_that_was_changed_is_none_that_this_release_has() -> None:
    dossier = dossier_of(CASE)
    calendar = json.loads(dossier.files[CALENDAR])
    calendar["editions"][0]["title"] += "（修订）"
    forged = with_files(dossier, {**dossier.files, CALENDAR: written(calendar)})
    assert "is not the notice that this release has under this id" in wrong(forged)["deadlines"]
    later = json.loads(dossier.files[CALENDAR])
    last = later["editions"][-1]
    again = {**last, "id": f"{last['id']}-again", "amends": last["id"], "published": "2026-12-01"}
    later["editions"].append(again)
    named = with_files(dossier, {**dossier.files, CALENDAR: written(later)})
    [deadlines] = [each for each in verify(named) if each.check == "deadlines"]
    assert deadlines.result == "ok"
    assert deadlines.detail.endswith(f"; no notice that this release has: {again['id']!r}")


def test_true_is_not_one() -> None:
    assert canonical_json(True) != canonical_json(1)
    dossier = dossier_of("access_grant" if "access_grant" in CASES else CASE)
    lines = events_of(dossier)
    number = next(n for n, line in enumerate(lines) if any(type(value) is int for value in line["data"].values()))
    data = lines[number]["data"]
    lines[number]["data"] = {name: bool(value) if value == 1 else value for name, value in data.items()}
    assert "ledger" in wrong(with_events(dossier, lines, chained=True))


def of_another_workflow(dossier: CaseDossier) -> dict[str, bytes]:
    return {**dossier.files, HISTORY: dossier.files[HISTORY].replace(b'"name": "Case"', b'"name": "Payroll"', 1)}


def test_a_history_that_is_longer_than_any_run_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.verification.history.MOST_EVENTS", 100)
    long = b'{"events":[' + b"{}," * 100 + b"{}]}"
    with pytest.raises(DossierUnusable, match=f"^{HISTORY} has 101 events, more than any run"):
        verify(with_files(dossier_of(CASE), {**dossier_of(CASE).files, HISTORY: long}))


def test_the_history_of_another_workflow_makes_no_dossier() -> None:
    dossier = dossier_of(CASE)
    with pytest.raises(DossierUnusable, match=f"^{HISTORY} is the history of another workflow, 'Payroll': "):
        verify(with_files(dossier, of_another_workflow(dossier)))
    # Where the files are not those of the manifest, that is what is wrong with it.
    altered = wrong(CaseDossier(dossier.manifest, of_another_workflow(dossier)))
    assert altered["digests"].startswith(HISTORY)
    assert "Payroll" in altered["history"]


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"events": []}', b"\xff", b'{"events": [{"eventId": "1"}]}'])
def test_what_is_no_history_is_told(content: bytes) -> None:
    dossier = dossier_of(CASE)
    assert wrong(with_files(dossier, {**dossier.files, HISTORY: content}))


def test_a_decision_that_was_changed_in_the_history_decides_otherwise(capfd: pytest.CaptureFixture[str]) -> None:
    dossier = dossier_of(CASE)
    delivered, another = (base64.b64encode(b'{"name":"%s"' % name).strip(b"=") for name in (b"deliver", b"dissent"))
    assert delivered in dossier.files[HISTORY]
    found = wrong(with_files(dossier, {**dossier.files, HISTORY: dossier.files[HISTORY].replace(delivered, another)}))
    assert found["history"].startswith(f"{HISTORY}: run again, the case decides otherwise")
    assert "Failure {" not in found["history"]
    assert tuple(capfd.readouterr()) == ("", ""), "what the SDK has to say of it would stand in a list in JSON"


def test_an_event_must_stand_in_its_one_form() -> None:
    dossier = dossier_of(CASE)
    lines = dossier.files[EVENTS].split(b"\n")
    for forged in (
        dossier.files[EVENTS] + b"\n",
        dossier.files[EVENTS].rstrip(b"\n"),
        lines[0].replace(b'{"', b'{ "', 1) + b"\n",
        b'{"seq": 1}\n',
        b"",
    ):
        assert "record" in wrong(with_files(dossier, {**dossier.files, EVENTS: forged}))


def test_events_are_read_as_the_ledger_wrote_them() -> None:
    line = dossier_of(CASE).files[EVENTS].splitlines()[0]
    event = RecordedEvent.model_validate_json(line)
    assert canonical_json(plain(event)).encode() == line
    assert event.digest == seal(body_of(event), GENESIS, dossier_of(CASE).manifest.algorithm)
