"""Events that nobody would record: verification names what is wrong with them, and never falls over."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.dossier.contents import EVENTS, CaseDossier, manifest_of
from audit.verification.verify import verify
from domain.evidence import NotCanonical
from tests.audit.dossiers import dossier_of
from tests.audit.test_verification import events_of, with_events

CASES = ("cn-809-2025.extension-granted", "demand.published-then-requested", "nantong-2020.refused-late-then-impasse")
WILD = st.sampled_from([
    None, True, 0, -1, 2**53 - 1, "", "<script>", "1" * 9999, [], {}, [[]], {"a": {"b": [1]}}, "closed", "granted",
    "9999-12-31T23:59:59.999999-12:00", "0001-01-01T00:00:00.000000+08:00", "2099-12-31",
])  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def put(event: dict[str, Any], path: tuple[Any, ...], wild: Any) -> dict[str, Any]:
    made = copy.deepcopy(event)
    at: Any = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = wild
    return made


@pytest.mark.parametrize("number", [-1, 0, 1, 2**53 - 1])
def test_an_event_with_the_number_of_another_or_of_none_is_judged(number: int) -> None:
    dossier = dossier_of(CASES[0])
    events = events_of(dossier)
    for index in range(1, len(events)):
        forged = with_events(dossier, [*events[:index], {**events[index], "seq": number}, *events[index + 1 :]], True)
        assert "chain" in [result.check for result in verify(forged) if result.result == "FAIL"]


@pytest.mark.parametrize("chained", [False, True])
@pytest.mark.parametrize("case", CASES)
@given(data=st.data())
def test_whatever_stands_in_an_event_is_judged(case: str, chained: bool, data: st.DataObject) -> None:
    dossier = dossier_of(case)
    events = events_of(dossier)
    number = data.draw(st.integers(0, len(events) - 1))
    path = data.draw(st.sampled_from(places(events[number])[1:]))
    if path[0] in ("prev", "digest") and chained:
        return
    events[number] = put(events[number], path, data.draw(WILD))
    if events == events_of(dossier):
        return
    try:
        forged = with_events(dossier, events, chained)
    except NotCanonical:
        body = "".join(f"{json.dumps(each, ensure_ascii=False, sort_keys=True)}\n" for each in events).encode()
        files, said = {**dossier.files, EVENTS: body}, dossier.manifest
        forged = CaseDossier(manifest_of(said.request_id, said.algorithm, said.made_by, files), files)
    assert [result.check for result in verify(forged) if result.result == "FAIL"]
