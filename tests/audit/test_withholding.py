"""Persons left out of a dossier: nobody is named in any byte of it, and everything that proves it holds."""

import base64
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from audit.dossier.contents import EVENTS, HISTORY, CaseDossier
from audit.dossier.documents import read_index
from audit.dossier.packing import unpacked
from audit.dossier.persons import STAND_IN, CannotWithhold, messages_in, persons_in, rewritten
from audit.findings.found import findings_in
from audit.page.facts import PAGE
from audit.replay.from_dossier import case_in
from audit.verification.persons import prove_person
from audit.verification.record import events_in
from audit.verification.verify import verify
from audit.withholding import without_persons
from domain.evidence import canonical_json, digest_of_text
from tests.audit.dossiers import CASES, PEOPLE, named_dossier_of, packed, resealed, withheld_dossier_of
from tests.audit.test_verification import with_events
from tests.forms import either

SOME = ("nantong-2020.refused-late-then-impasse", "nantong-2020.parked-while-the-ledger-was-away", "handed-over")
CASE = SOME[0]
COMMITMENT = f"sm3:{'a' * 64}"


def failures(dossier: CaseDossier) -> dict[str, str]:
    return {result.check: result.detail for result in verify(dossier) if result.result == "FAIL"}


def lines_of(dossier: CaseDossier) -> list[dict[str, Any]]:
    return [json.loads(line) for line in dossier.files[EVENTS].splitlines()]


def texts_in(content: bytes) -> Iterator[str]:
    """A file as text, and every text in it that is written in base64."""
    yield content.decode()
    try:
        said = json.loads(content)
    except ValueError:
        return
    yield from decoded(said)


def decoded(said: Any) -> Iterator[str]:
    if isinstance(said, str):
        yield said
        with suppress(ValueError):
            yield from texts_in(base64.b64decode(said, validate=True))
    elif isinstance(said, dict):
        for key, value in said.items():
            yield key
            yield from decoded(value)
    elif isinstance(said, list):
        for each in said:
            yield from decoded(each)


def everything_in(zipped: bytes) -> str:
    with zipfile.ZipFile(BytesIO(zipped)) as archive:
        return "\n".join(text for name in archive.namelist() for text in (name, *texts_in(archive.read(name))))


@pytest.mark.long
@pytest.mark.parametrize("case", either(SOME, tuple(CASES)))
def test_nobody_is_named_and_everything_holds(case: str) -> None:
    whole, left_out = named_dossier_of(case), withheld_dossier_of(case)
    assert failures(whole) == failures(left_out) == {}
    there, rest = everything_in(packed(whole)), everything_in(packed(left_out))
    acted = {event.actor.role.value for event in events_in(whole) if event.actor.person}
    names = [PEOPLE[role] for role in acted]
    assert names
    for name in names:
        assert name in there or json.dumps(name)[1:-1] in there, "the search finds names where there are some"
        assert name not in rest
        assert json.dumps(name)[1:-1] not in rest
        assert json.dumps(name, ensure_ascii=False)[1:-1] not in rest
    assert all(event.salt not in rest for event in events_in(whole) if event.salt)
    assert unpacked(BytesIO(packed(left_out))).manifest.withheld == ("persons",)
    told = {result.check: result.detail for result in verify(left_out)}["persons"]
    assert told.endswith("; that the same stand-in is the same person is the packer's word alone")
    assert '"withheld"' not in unpacked(BytesIO(packed(whole))).manifest.written().decode()
    assert "〔已隐去〕" in left_out.files[PAGE].decode()
    assert "〔已隐去〕" not in whole.files[PAGE].decode()
    assert not any(paper.held for paper in read_index(left_out.files["documents/index.json"]).papers)


def test_a_line_without_its_digest_is_the_text_that_the_digest_covers() -> None:
    for line in withheld_dossier_of(CASE).files[EVENTS].decode().splitlines():
        said = json.loads(line)
        digest = said.pop("digest")
        assert digest_of_text(canonical_json(said), "sm3") == digest


def test_the_same_person_is_the_same_in_all_histories() -> None:
    whole, left_out = named_dossier_of("handed-over"), withheld_dossier_of("handed-over")
    stands: dict[str, set[str]] = {}
    for name in whole.histories:
        both = (persons_in(list(messages_in(json.loads(each.files[name])))) for each in (whole, left_out))
        for person, stand_in in zip(*both, strict=True):
            stands.setdefault(person, set()).add(stand_in)
    assert sorted(stands) == sorted({PEOPLE["bureau"], PEOPLE["provider"], PEOPLE["requester"]})
    assert sorted(stand_in for [stand_in] in stands.values()) == ["withheld-1", "withheld-2", "withheld-3"]


def test_the_rest_of_a_history_is_untouched() -> None:
    def nobody(message: Any) -> Any:
        if isinstance(message, list):
            return [nobody(each) for each in message]
        if not isinstance(message, dict):
            return message
        return {key: nobody(value) for key, value in message.items() if key not in ("person", "salt")}

    def nowhere(key: str, said: str) -> str:
        return "" if key == "identity" else said

    def anonymous(dossier: CaseDossier) -> Any:
        return rewritten(json.loads(dossier.files[HISTORY]), nobody, nowhere)

    assert anonymous(named_dossier_of(CASE)) == anonymous(withheld_dossier_of(CASE))


def test_one_person_can_be_proved_later() -> None:
    whole, left_out = events_in(named_dossier_of(CASE)), events_in(withheld_dossier_of(CASE))
    for full, event in zip(whole, left_out, strict=True):
        if full.actor.person is not None and full.salt is not None:
            assert prove_person(event, full.actor.person, full.salt, "sm3")
            assert not prove_person(event, f"{full.actor.person}x", full.salt, "sm3")
            assert not prove_person(event, full.actor.person, "0" * 32, "sm3")


def test_a_withheld_case_is_looked_back_at_and_searched() -> None:
    (whole, calendar), (left_out, _) = (case_in(each) for each in (named_dossier_of(CASE), withheld_dossier_of(CASE)))
    at = whole.events[-1].at
    found = list(findings_in(whole, calendar, at))
    assert found
    assert list(findings_in(left_out, calendar, at)) == found


def first_with_person(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return next(line for line in lines if line["actor"]["person"] is not None)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda line: line.update(salt="0" * 31 + "f"), {"chain"}),
        (lambda line: line["actor"].update(person="冒名者"), {"chain", "ledger"}),
        (lambda line: line.pop("salt"), {"chain", "persons"}),
        (lambda line: line["actor"].update(person=None), {"chain", "persons", "ledger"}),
        (lambda line: line.pop("salt") and line["actor"].update(person=COMMITMENT), {"chain", "persons", "ledger"}),
    ],
    ids=["salt", "person", "no salt", "no person", "commitment"],
)
def test_what_is_changed_of_a_named_person_is_named(change: Any, named: set[str]) -> None:
    lines = lines_of(named_dossier_of(CASE))
    change(first_with_person(lines))
    assert failures(with_events(named_dossier_of(CASE), lines)).keys() == named


def one_digit(commitment: str) -> str:
    return f"{commitment[:-1]}{'0' if commitment[-1] != '0' else '1'}"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda line: line["actor"].update(person=one_digit(line["actor"]["person"])), {"chain"}),
        (lambda line: line["actor"].update(person="冒名者"), {"chain", "persons"}),
        (lambda line: line.update(salt="0" * 32), {"chain", "persons"}),
        (lambda line: line["actor"].update(person=None), {"chain", "ledger"}),
    ],
    ids=["commitment", "a name", "a salt", "nobody"],
)
def test_what_is_changed_of_a_withheld_person_is_named(change: Any, named: set[str]) -> None:
    lines = lines_of(withheld_dossier_of(CASE))
    change(first_with_person(lines))
    assert failures(with_events(withheld_dossier_of(CASE), lines)).keys() == named


def test_another_person_under_a_chain_computed_anew_is_not_what_the_history_was_told() -> None:
    lines = lines_of(withheld_dossier_of(CASE))
    line = first_with_person(lines)
    line["actor"]["person"] = one_digit(line["actor"]["person"])
    found = failures(with_events(withheld_dossier_of(CASE), lines, chained=True))
    assert found.keys() == {"ledger"}
    assert "another digest" in found["ledger"]


def test_a_disclosed_person_in_a_withheld_dossier_is_a_mixture() -> None:
    whole, lines = lines_of(named_dossier_of(CASE)), lines_of(withheld_dossier_of(CASE))
    place = next(n for n, line in enumerate(whole) if line["actor"]["person"])
    lines[place] = whole[place]
    found = failures(with_events(withheld_dossier_of(CASE), lines))
    assert found.keys() == {"persons"}
    assert found["persons"] == f"event {place + 1} tells of a person, and the manifest says they are withheld"


def test_a_withheld_person_in_a_full_dossier_is_a_mixture() -> None:
    whole, lines = lines_of(named_dossier_of(CASE)), lines_of(withheld_dossier_of(CASE))
    place = next(n for n, line in enumerate(whole) if line["actor"]["person"])
    whole[place] = lines[place]
    assert failures(with_events(named_dossier_of(CASE), whole)).keys() == {"persons", "ledger"}


def test_a_history_that_tells_of_persons_in_a_withheld_dossier_is_named() -> None:
    whole, left_out = named_dossier_of(CASE), withheld_dossier_of(CASE)
    mixed = resealed(left_out, {**left_out.files, HISTORY: whole.files[HISTORY]})
    assert failures(mixed) == {
        "persons": f"{HISTORY} tells on whose machine something ran, and the manifest says that is withheld"
    }
    somewhere = re.sub(rb'"identity": "[^"]*"', b'"identity": "withheld"', whole.files[HISTORY])
    mixed = resealed(left_out, {**left_out.files, HISTORY: somewhere})
    assert failures(mixed) == {"persons": f"{HISTORY} tells of a person, and the manifest says they are withheld"}
    parked = "nantong-2020.parked-while-the-ledger-was-away"
    whole, left_out = named_dossier_of(parked), withheld_dossier_of(parked)
    assert failures(resealed(left_out, {**left_out.files, HISTORY: whole.files[HISTORY]})).keys() == {"persons"}


def test_the_manifest_cannot_say_otherwise() -> None:
    whole, left_out = named_dossier_of(CASE), withheld_dossier_of(CASE)
    said = replace(whole, manifest=whole.manifest.model_copy(update={"withheld": ("persons",)}))
    assert failures(said).keys() == {"persons", "page"}
    said = replace(left_out, manifest=left_out.manifest.model_copy(update={"withheld": None}))
    assert failures(said).keys() == {"persons", "ledger", "page"}


def test_a_message_that_may_name_anybody_is_not_packed() -> None:
    whole = named_dossier_of(CASE)
    history = json.loads(whole.files[HISTORY])
    payloads = history["events"][0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"]
    payloads[0]["metadata"]["encoding"] = base64.b64encode(b"binary/encrypted").decode()
    with pytest.raises(CannotWithhold, match="binary/encrypted"):
        without_persons(replace(whole, files={**whole.files, HISTORY: json.dumps(history).encode()}))


def test_stand_ins_look_like_nobody() -> None:
    assert STAND_IN.fullmatch("withheld-12")
    assert not STAND_IN.fullmatch("withheld-0")
    assert not STAND_IN.fullmatch("withheld-1 张三")
