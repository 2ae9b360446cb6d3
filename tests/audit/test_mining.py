"""Event logs of played cases: well formed, whole, and along the ways that procedures declare."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from audit.mining.ocel import ocel_text
from audit.mining.rows import COLUMNS, rows_text
from audit.mining.xes import xes_text
from audit.replay.case import RecordedCase
from domain.words import EventType
from tests.audit.recorded import all_played, played
from tests.mining.declared import declared_ways, ways_taken
from tests.mining.ocel_schema import OCEL

XES = "{http://www.xes-standard.org/}"
IMPASSE = "nantong-2020/refused-late-then-impasse"


@cache
def cases() -> Mapping[str, RecordedCase]:
    """The played cases by their ids."""
    return {case.request_id: case for case in all_played().values()}


@cache
def ocel() -> dict[str, Any]:
    found: dict[str, Any] = json.loads("".join(ocel_text(cases().values())))
    return found


def of_xes(text: str) -> Iterator[tuple[dict[str, str], list[dict[str, str]]]]:
    for trace in ElementTree.fromstring(text).iter(f"{XES}trace"):
        events = [{each.get("key", ""): each.get("value", "") for each in event} for event in trace.iter(f"{XES}event")]
        yield {each.get("key", ""): each.get("value", "") for each in trace if each.tag != f"{XES}event"}, events


def test_ocel_is_as_its_standard_says() -> None:
    jsonschema.Draft7Validator(OCEL, format_checker=jsonschema.FormatChecker()).validate(ocel())


def test_ocel_names_nothing_that_is_not_there() -> None:
    log = ocel()
    objects = {each["id"]: each["type"] for each in log["objects"]}
    assert len(objects) == len(log["objects"])
    assert len({each["id"] for each in log["events"]}) == len(log["events"])
    for kind in ("event", "object"):
        declared = {
            each["name"]: {attribute["name"] for attribute in each["attributes"]} for each in log[f"{kind}Types"]
        }
        for each in log[f"{kind}s"]:
            assert {attribute["name"] for attribute in each["attributes"]} <= declared[each["type"]]
            assert {relation["objectId"] for relation in each["relationships"]} <= objects.keys()
    assert set(objects.values()) == {"case", "clock", "department", "resource"}


def test_ocel_holds_every_event_and_clock() -> None:
    log = ocel()
    assert len(log["events"]) == sum(len(case.events) for case in cases().values())
    clocks = [each for each in log["objects"] if each["type"] == "clock"]
    assert len(clocks) == sum(len(case.after(case.events).clocks) for case in cases().values())
    case = played(IMPASSE)
    refused = next(event for event in case.events if event.type is EventType.REFUSED)
    [told] = [each for each in log["events"] if each["id"] == f"{case.request_id}#{refused.seq}"]
    assert {(it["objectId"], it["qualifier"]) for it in told["relationships"]} == {
        (case.request_id, "in"),
        (f"department:{case.unfiled.provider.code}", "by"),
    }
    states = {
        of["kind"][0]: of["state"]
        for of in (values_of(each) for each in clocks if each["id"].startswith(f"{case.request_id}/"))
    }
    assert states["provider_answer"] == ["running", "breached", "met_late"]


def values_of(each: dict[str, Any]) -> dict[str, list[str]]:
    """The values of each attribute of an object, in order of time."""
    found: dict[str, list[str]] = {}
    for attribute in each["attributes"]:
        found.setdefault(attribute["name"], []).append(attribute["value"])
    return found


def test_xes_holds_every_event_in_order() -> None:
    found = list(of_xes("".join(xes_text(cases().values()))))
    assert [trace["concept:name"] for trace, _ in found] == list(cases())
    for trace, events in found:
        case = cases()[trace["concept:name"]]
        assert [(each["concept:name"], int(each["seq"])) for each in events] == [(e.type, e.seq) for e in case.events]


def test_the_table_holds_every_event() -> None:
    heads, *lines = csv.reader(io.StringIO("".join(rows_text(cases().values())).removeprefix("\ufeff"), newline=""))
    assert tuple(heads) == COLUMNS
    assert [(line[0], line[1]) for line in lines] == [(id_, e.type) for id_, c in cases().items() for e in c.events]


def test_stages_follow_one_another_as_declared() -> None:
    for trace, events in of_xes("".join(xes_text(cases().values()))):
        assert ways_taken(each["stage"] for each in events) <= declared_ways(cases()[trace["concept:name"]])


@pytest.mark.parametrize("form", [ocel_text, xes_text, rows_text])
def test_cases_are_taken_one_after_another(form: Any) -> None:
    taken = []

    def some() -> Iterator[RecordedCase]:
        for case in cases().values():
            taken.append(case)
            yield case

    pieces, behind = form(some()), 0
    for _ in pieces:
        if len(taken) == 3:
            break
        behind = max(behind, len(taken))
    assert len(taken) <= behind + 1


def test_what_xml_cannot_hold_is_left_out() -> None:
    case = played(IMPASSE)
    odd = case.events[0].model_copy(update={"actor": case.events[0].actor.model_copy(update={"org": 'a\x0b<&"\ufffe'})})
    text = "".join(xes_text([RecordedCase(case.request_id, case.statute, case.policy, case.application, (odd,))]))
    [(_, [event])] = of_xes(text)
    assert event["org:group"] == 'a<&"'
