"""A program for process mining opens both logs and finds no way that the procedures do not declare.

Not among the tests that ``make test`` collects, for pm4py brings half a gigabyte along: ``make test-mining``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pm4py
import pytest

from audit.mining.ocel import ocel_text
from audit.mining.xes import xes_text
from audit.replay.case import RecordedCase
from tests.audit.recorded import all_played
from tests.mining.declared import Ways, declared_ways, ways_taken

CASES: Mapping[str, RecordedCase] = {case.request_id: case for case in all_played().values()}
GROUPS = sorted({(case.procedure.name.value, case.statute.id) for case in CASES.values()})


def of(group: tuple[str, str]) -> list[RecordedCase]:
    return [case for case in CASES.values() if (case.procedure.name.value, case.statute.id) == group]


def ways_found(frame: Any) -> Ways:
    """The ways of the model that is discovered from a log whose activities are stages, the beginnings among them."""
    frame = frame.sort_values(["case:concept:name", "seq"])
    moved = frame[frame["stage"] != frame.groupby("case:concept:name")["stage"].shift()]
    log = pm4py.format_dataframe(
        moved, case_id="case:concept:name", activity_key="stage", timestamp_key="time:timestamp"
    )
    graph, starts, _ = pm4py.discover_dfg(log)
    return {*graph, *(("", each) for each in starts)}


@pytest.mark.parametrize("group", GROUPS, ids=" ".join)
def test_the_model_of_a_xes_log_is_within_the_procedure(group: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "log.xes"
    path.write_text("".join(xes_text(of(group))), encoding="utf-8")
    frame = pm4py.convert_to_dataframe(pm4py.read_xes(str(path)))
    assert frame["case:concept:name"].nunique() == len(of(group))
    assert len(frame) == sum(len(case.events) for case in of(group))
    taken = {way for case in of(group) for way in ways_taken(event.stage.value for event in case.events)}
    assert ways_found(frame) == taken
    assert taken <= declared_ways(of(group)[0])


@pytest.mark.parametrize("group", GROUPS, ids=" ".join)
def test_the_model_of_an_ocel_log_is_within_the_procedure(group: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "log.jsonocel"
    path.write_text("".join(ocel_text(of(group))), encoding="utf-8")
    log = pm4py.read_ocel2_json(str(path))
    assert set(pm4py.ocel_get_object_types(log)) <= {"case", "clock", "department", "resource"}
    assert len(log.events) == sum(len(case.events) for case in of(group))
    frame = pm4py.ocel_flattening(log, "case")
    frame["seq"] = frame["seq"].astype(int)
    taken = {way for case in of(group) for way in ways_taken(event.stage.value for event in case.events)}
    assert ways_found(frame) == taken
    assert taken <= declared_ways(of(group)[0])
    assert pm4py.discover_ocdfg(log)["activities"] == {event.type for case in of(group) for event in case.events}
