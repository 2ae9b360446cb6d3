"""A sealed dossier under a checkpoint, altered in every part and every way: each change is found out and named.

The forger packs well: where a way says so, chain, manifest, page and seal are made anew, the last with another key.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import pytest

from audit.dossier.contents import CALENDAR, EVENTS, HISTORY, POLICY, STATUTE, CaseDossier
from audit.dossier.proof import PROOF
from audit.dossier.seal import seal_of
from audit.page.facts import PAGE
from audit.verification.verify import Trusted
from domain.evidence import GENESIS, NotCanonical, canonical_json, instant_text, seal
from domain.log.keys import Ed25519Signer
from tests.audit.dossiers import dossier_of, named_dossier_of, resealed, withheld_dossier_of
from tests.audit.logs import LOG_KEY, MemoryLog, entered, logged
from tests.audit.test_log_proof import results
from tests.audit.told import steps_of, told
from tests.forms import either

FORMS: Final[Mapping[str, Callable[[str], CaseDossier]]] = {
    "nobody named": dossier_of, "named": named_dossier_of, "withheld": withheld_dossier_of,
}  # fmt: skip
CASES: Final = tuple(
    f"{case}/{form}"
    for form in FORMS
    for case in ("nantong-2020.refused-late-then-impasse", "cn-809-2025.extension-granted")
)
"""Two cases, each in three forms: nobody is named as who acted, people are, and the same with them withheld."""
FORGER: Final = Ed25519Signer("shareflow/test", b"\x02" * 32)
MUTATIONS: Final = either(90, 5010)
Events = list[dict[str, Any]]


@cache
def whole(case: str) -> CaseDossier:
    name, form = case.split("/")
    log, dossier = MemoryLog(), FORMS[form](name)
    return logged(dossier, log, entered(dossier, log))


def another(case: str) -> CaseDossier:
    name, form = case.split("/")
    return whole(next(each for each in CASES if each.endswith(f"/{form}") and not each.startswith(name)))


def forged(dossier: CaseDossier, files: Mapping[str, bytes]) -> CaseDossier:
    """Packed again with a manifest and a page that fit, and a seal that nobody trusts."""
    packed = resealed(dossier, files)
    return replace(packed, seal=seal_of(packed.manifest, FORGER))


def bytes_changed(dossier: CaseDossier, name: str, chance: random.Random) -> dict[str, bytes]:
    content = bytearray(dossier.files[name])
    for place in chance.sample(range(len(content)), chance.randint(1, 3)):
        content[place] ^= chance.randint(1, 255)
    return {**dossier.files, name: bytes(content)}


def packed_anew(dossier: CaseDossier) -> list[str]:
    """Its files but the page: whoever packs again makes that anew from the others."""
    return sorted(dossier.files.keys() - {PAGE})


def a_byte(dossier: CaseDossier, _: str, chance: random.Random) -> CaseDossier:
    return replace(dossier, files=bytes_changed(dossier, chance.choice(sorted(dossier.files)), chance))


def a_byte_and_packed_again(dossier: CaseDossier, _: str, chance: random.Random) -> CaseDossier:
    return forged(dossier, bytes_changed(dossier, chance.choice(packed_anew(dossier)), chance))


def a_byte_under_the_old_seal(dossier: CaseDossier, _: str, chance: random.Random) -> CaseDossier:
    changed = bytes_changed(dossier, chance.choice(packed_anew(dossier)), chance)
    return replace(resealed(dossier, changed), seal=dossier.seal)


def a_file_left_out(dossier: CaseDossier, _: str, chance: random.Random) -> CaseDossier:
    name = chance.choice(sorted(dossier.files))
    rest = {each: content for each, content in dossier.files.items() if each != name}
    return chance.choice([replace(dossier, files=rest), forged(dossier, rest)])


def a_file_of_another_case(dossier: CaseDossier, case: str, chance: random.Random) -> CaseDossier:
    name = chance.choice([EVENTS, STATUTE, HISTORY, PROOF])
    return forged(dossier, {**dossier.files, name: another(case).files[name]})


def an_edition(dossier: CaseDossier, _: str, chance: random.Random) -> CaseDossier:
    said = json.loads(dossier.files[CALENDAR])
    said["editions"].pop(chance.randrange(len(said["editions"])))
    return forged(dossier, {**dossier.files, CALENDAR: f"{canonical_json(said)}\n".encode()})


def a_rule(dossier: CaseDossier, _: str, chance: random.Random) -> CaseDossier:
    name = chance.choice([STATUTE, POLICY])
    said = json.loads(dossier.files[name])
    said["body"]["id"] = "another"
    return forged(dossier, {**dossier.files, name: f"{canonical_json(said)}\n".encode()})


def chained(dossier: CaseDossier, events: Events) -> CaseDossier:
    prev, lines = GENESIS, []
    for seq, event in enumerate(events, start=1):
        body = {name: value for name, value in event.items() if name not in ("digest", "prev")} | {"seq": seq}
        before = prev
        try:
            prev = seal(body, before, dossier.manifest.algorithm)
        except NotCanonical:  # somebody's name without the salt, or the other way round: nothing can be computed
            prev = event["digest"]
        lines.append(f"{canonical_json({**body, 'prev': before, 'digest': prev})}\n")
    return forged(dossier, {**dossier.files, EVENTS: "".join(lines).encode()})


def events_of(dossier: CaseDossier) -> Events:
    return [json.loads(line) for line in dossier.files[EVENTS].splitlines()]


def events_moved(dossier: CaseDossier, _: str, chance: random.Random) -> CaseDossier:
    events = events_of(dossier)
    at = chance.randrange(len(events) - 1)
    moved = chance.choice(
        [
            [*events[:at], *events[at + 1 :]],
            [*events[: at + 1], *events[at:]],
            [*events[:at], events[at + 1], events[at], *events[at + 2 :]],
            events[: at + 1],
        ]
    )
    return chained(dossier, moved)


def a_date(dossier: CaseDossier, _: str, chance: random.Random) -> CaseDossier:
    events = events_of(dossier)
    event = chance.choice(events)
    moved = timedelta(seconds=chance.choice([-1, 1]) * chance.randint(1, 10**6))
    event["at"] = instant_text(datetime.fromisoformat(event["at"]) + moved)
    return chained(dossier, events)


def who_and_what(dossier: CaseDossier, _: str, chance: random.Random) -> CaseDossier:
    events = events_of(dossier)
    event, other = chance.sample(events, 2)
    name = chance.choice(
        [each for each in event if each not in ("seq", "digest", "prev") and event[each] != other.get(each)]
    )
    event[name] = other.get(name)
    return chained(dossier, events)


def as_if_told(dossier: CaseDossier, _: str, chance: random.Random) -> CaseDossier:
    """Another event, of which the history says that the ledger had told it: its answer is said to have been lost."""
    events = events_of(dossier)
    first, last = chance.choice(steps_of(dossier))
    event, other = events[chance.randint(first, last) - 1], chance.choice(events)
    fields = ("type", "actor", "stage", "article", "data")
    name = chance.choice([each for each in fields if event[each] != other[each]] or ["at"])
    event[name] = other[name] if name != "at" else "2099-01-01T09:00:00.000000+08:00"
    if name == "actor":
        event.pop("salt", None)
        event.update({"salt": other["salt"]} if "salt" in other else {})
    retold = told(chained(dossier, events), first, last)
    return forged(retold, retold.files)


def by_somebody(events: Events, chance: random.Random) -> dict[str, Any]:
    """An event that a person has caused, or that any has where nobody is named."""
    return chance.choice([event for event in events if event["actor"]["person"]] or events)


def packed_or_chained(dossier: CaseDossier, events: Events, chance: random.Random) -> CaseDossier:
    lines = "".join(f"{canonical_json(event)}\n" for event in events)
    return chance.choice([chained(dossier, events), forged(dossier, {**dossier.files, EVENTS: lines.encode()})])


def a_salt(dossier: CaseDossier, _: str, chance: random.Random) -> CaseDossier:
    events = events_of(dossier)
    by_somebody(events, chance)["salt"] = chance.randbytes(16).hex()
    return packed_or_chained(dossier, events, chance)


def a_person(dossier: CaseDossier, _: str, chance: random.Random) -> CaseDossier:
    events = events_of(dossier)
    actor = by_somebody(events, chance)["actor"]
    actor["person"] = chance.choice(["冒名者", f"{actor['person']}x", None if actor["person"] else "somebody"])
    return packed_or_chained(dossier, events, chance)


def a_commitment(dossier: CaseDossier, _: str, chance: random.Random) -> CaseDossier:
    events = events_of(dossier)
    event = by_somebody(events, chance)
    event["actor"]["person"] = f"{dossier.manifest.algorithm}:{chance.randbytes(32).hex()}"
    event.pop("salt", None)
    return packed_or_chained(dossier, events, chance)


def the_manifest(dossier: CaseDossier, _: str, chance: random.Random) -> CaseDossier:
    said = dossier.manifest
    made = chance.choice(
        [
            said.model_copy(update={"request_id": f"{said.request_id}X"}),
            said.model_copy(update={"made_by": "9.9.9"}),
            said.model_copy(update={"algorithm": "sha256" if said.algorithm == "sm3" else "sm3"}),
            said.model_copy(update={"files": said.files[:-1]}),
            said.model_copy(update={"withheld": None if said.withheld else ("persons",)}),
        ]
    )
    return replace(dossier, manifest=made, seal=chance.choice([dossier.seal, seal_of(made, FORGER)]))


def the_seal(dossier: CaseDossier, case: str, chance: random.Random) -> CaseDossier:
    cut = (dossier.seal or b"")[: chance.randrange(len(dossier.seal or b""))]
    return replace(dossier, seal=chance.choice([None, another(case).seal, seal_of(dossier.manifest, FORGER), cut]))


WAYS: Final[tuple[Callable[[CaseDossier, str, random.Random], CaseDossier], ...]] = (
    a_byte, a_byte_and_packed_again, a_byte_under_the_old_seal, a_file_left_out, a_file_of_another_case,
    an_edition, a_rule, events_moved, a_date, who_and_what, a_salt, a_person, a_commitment, as_if_told,
    the_manifest, the_seal,
)  # fmt: skip
BY_ITSELF: Final = (a_salt, a_person, a_commitment, as_if_told)
"""What is found out though nobody had sealed the dossier."""


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_untouched_it_holds(case: str) -> None:
    assert {result for result, _ in results(whole(case), Trusted([LOG_KEY.key])).values()} == {"ok", "skipped"}


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_change_is_named(way: Callable[[CaseDossier, str, random.Random], CaseDossier]) -> None:
    named: Counter[str] = Counter()
    for number in range(-(-MUTATIONS // len(WAYS))):
        case, chance = CASES[number % len(CASES)], random.Random(f"{way.__name__} {number}")
        found = results(way(whole(case), case, chance), Trusted([LOG_KEY.key]))
        wrong = {check: detail for check, (result, detail) in found.items() if result == "FAIL"}
        assert wrong, f"{way.__name__} {number}: nothing was noticed"
        assert all(wrong.values())
        assert way not in BY_ITSELF or wrong.keys() - {"seal", "log"}, f"{way.__name__} {number}: {wrong}"
        named.update(wrong.keys())
    print(way.__name__, dict(named))
