"""Temporal's JSON of histories, read fast: what comes of it is what the SDK's own reader gives, or its complaint."""

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory

from audit.verification.history_json import history_in
from tests.engine.make_histories import FOLDER

FILES = sorted(FOLDER.glob("*.json"))
Place = list[str | int]


def read(text: str, fast: bool) -> bytes | str:
    """The events as bytes, or the kind of complaint."""
    try:
        history = history_in("case", text) if fast else WorkflowHistory.from_json("case", text)
    except Exception as error:  # the parsers of the SDK raise what they like
        return type(error).__name__
    return History(events=history.events).SerializeToString(deterministic=True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_kept_history_is_read_alike_without_the_sdk(file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    text = file.read_text("utf-8")
    usual = read(text, fast=False)
    monkeypatch.setattr(WorkflowHistory, "from_json", None)
    assert read(text, fast=True) == usual


@cache
def kinds() -> list[dict[str, Any]]:
    """One event of each kind that the kept histories have."""
    found: dict[str, dict[str, Any]] = {}
    for file in FILES:
        for event in json.loads(file.read_text("utf-8"))["events"]:
            found.setdefault(event["eventType"], event)
    return list(found.values())


def places(value: Any, at: Place) -> Iterator[Place]:
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from places(each, [*at, name])


INSTANTS = st.builds(
    "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}".format,
    st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32),
    st.integers(0, 24), st.integers(0, 61), st.integers(0, 61),
    st.sampled_from(["Z", ".5Z", ".000000001Z", ".999999999Z", ".1234567890Z", "+08:00", "", ".Z", " Z"]),
)  # fmt: skip
ODD = st.one_of(
    st.none(), st.booleans(), st.floats(), st.text(max_size=8), st.integers(-(2**65), 2**65),
    st.integers(-2, 60).map(str), INSTANTS,
    st.builds("{}.{}s".format, st.integers(-5, 10**13), st.integers(0, 10**10)),
    st.sampled_from([
        "", "1e3", " 7", "1_000", "-0", "0s", "10s", "-1s", "9999999999999s", "YQ==", "YQ", "-_==", "Y Q==", "====",
        "TimerFired", "EVENT_TYPE_TIMER_FIRED", "TASK_QUEUE_KIND_NORMAL", "Normal", "\ud800", [], {}, [{}], {"x": {}},
        [None], {"": None},
        {"data": "YQ=="}, [{"data": "YQ=="}], {"cause": {"cause": {"message": "x"}}}, {"seconds": "1"},
    ]),
)  # fmt: skip
NAMES = st.sampled_from([
    "eventId", "event_id", "eventType", "taskId", "eventTime", "links", "timerFiredEventAttributes", "retryState",
    "initiator", "failure", "cause", "message", "taskQueue", "kind", "data", "metadata", "unknown", "userMetadata",
    "payloads",
    "timeoutFailureInfo", "applicationFailureInfo", "workflowExecutionSignaledEventAttributes", "versioningOverride",
])  # fmt: skip


@given(st.data())
def test_whatever_is_changed_is_read_alike(data: st.DataObject) -> None:
    event = copy.deepcopy(data.draw(st.sampled_from(kinds())))
    for _ in range(data.draw(st.integers(1, 3))):
        place: Place = data.draw(st.sampled_from(list(places(event, []))[1:]))
        *way, last = place
        holder: Any = event
        for name in way:
            holder = holder[name]
        if isinstance(holder, dict) and data.draw(st.booleans()):
            last = data.draw(NAMES)
        holder[last] = copy.deepcopy(data.draw(ODD))
    text = json.dumps({"events": [event]})
    assert read(text, fast=True) == read(text, fast=False)


NONE = ["", "{}", "[]", "null", '{"events": []}', '{"events": 5}', '{"events": [7]}', '{"events": null}']


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_history_is_refused_alike(text: str) -> None:
    assert read(text, fast=True) == read(text, fast=False)


@pytest.mark.parametrize("deep", [40, 60, 99, 101, 400])
def test_failures_within_failures_are_read_alike(deep: int) -> None:
    failure: dict[str, Any] = {"message": "the innermost"}
    for _ in range(deep):
        failure = {"message": "x", "cause": failure}
    text = json.dumps({"events": [{"eventId": "1", "workflowTaskFailedEventAttributes": {"failure": failure}}]})
    assert read(text, fast=True) == read(text, fast=False)
