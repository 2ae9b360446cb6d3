"""Events as they happen: no byte boundary matters, and a broken connection loses nothing."""

import json
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareflow import Forbidden, ShareflowError, Unavailable, UnexpectedAnswer
from shareflow._stream import ServerSentEvent, SseDecoder
from tests.client import responses
from tests.client.both import Maker
from tests.client.faulty_server import FaultyServer, json_answer, problem, reset, streaming


def sse(number: int, type_: str = "granted") -> bytes:
    """One event as it travels; the JSON holds a character that Unicode breaks lines at."""
    event = json.dumps(responses.event(number, type_), ensure_ascii=False)
    return f": still here\n\nid: c{number}\nevent: message\ndata: {event}\n\n".encode()


async def test_a_broken_stream_goes_on_after_the_last_event(make: Maker, faulty: FaultyServer) -> None:
    whole = sse(3)
    faulty.will(
        streaming(sse(1), sse(2)[:40], sse(2)[40:]),
        streaming(whole[:-5], then=reset),  # an event cut off is no event
        problem(503, "unavailable", {"Retry-After": "0"}),
        streaming(whole, sse(4)),
    )
    events = await make(faulty.url).take("stream", 4, after="c0")
    assert [(event.cursor, event.id) for event in events] == [(f"c{n}", f"NANTONG-1/{n}") for n in (1, 2, 3, 4)]
    assert events[0].data["said"] == "是\u2028否"
    assert (events[0].name, events[0].request_id) == ("granted", "NANTONG-1")
    assert events[0].extensions["sequence"] == "0000000001"
    assert [asked.headers.get("last-event-id") for asked in faulty.asked] == ["c0", "c2", "c2", "c2"]
    assert faulty.asked[0].headers["accept"] == "text/event-stream"


async def test_only_what_is_wanted_is_given(make: Maker, faulty: FaultyServer) -> None:
    faulty.will(streaming(sse(2, "granted"), sse(3, "closed")))
    wanted = ["granted", "cn.gov.shareflow.request.closed.v1"]
    assert [event.name for event in await make(faulty.url).take("stream", 2, types=wanted)] == ["granted", "closed"]
    assert faulty.asked[0].path == "/v1/events?type=closed&type=granted"


async def test_what_was_not_for_this_reader_is_not_looked_at_again(make: Maker, faulty: FaultyServer) -> None:
    """The server moves the cursor on with its signs of life."""
    faulty.will(streaming(b"retry: 10\n", sse(1), b": alive\nid: c7\n\n"), streaming(sse(8)))
    events = await make(faulty.url).take("stream", 2)
    assert [event.cursor for event in events] == ["c1", "c8"]
    assert faulty.asked[1].headers["last-event-id"] == "c7"


async def test_a_token_that_ends_meanwhile_is_renewed(make: Maker, faulty: FaultyServer) -> None:
    faulty.will(streaming(sse(1)), problem(401, "bad_token"), streaming(sse(2)))
    tokens = iter(["old", "new"])
    events = await make(faulty.url, lambda: next(tokens)).take("stream", 2)
    assert [event.cursor for event in events] == ["c1", "c2"]
    assert faulty.asked[2].headers["authorization"] == "Bearer new"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(403, "role_required"), Forbidden),
        (json_answer(200, {"items": []}), UnexpectedAnswer),
        (streaming(b"data: {}\n\n"), UnexpectedAnswer),
        (streaming(b"data: []\n\n"), UnexpectedAnswer),
    ],
)
async def test_a_stream_that_cannot_be_is_an_error(
    make: Maker, faulty: FaultyServer, answer: object, kind: type[ShareflowError]
) -> None:
    faulty.will(answer)  # type: ignore[arg-type]
    with pytest.raises(kind):
        await make(faulty.url).take("stream", 1)


async def test_a_server_that_stays_away_ends_the_stream(make: Maker, faulty: FaultyServer) -> None:
    faulty.will(streaming(sse(1)), reset)
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        await make(faulty.url, patience=0.8).take("stream", 2)
    assert time.monotonic() - begun < 15, "its own patience, not that by default"


MESSAGES = st.lists(
    st.builds(
        ServerSentEvent,
        st.from_regex(r"[a-z0-9]{1,5}", fullmatch=True),
        st.sampled_from(["message", "granted"]),
        st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1),
    ),
    max_size=4,
)


@given(MESSAGES, st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 400), max_size=8))
def test_it_does_not_matter_where_the_bytes_are_cut(messages: list[ServerSentEvent], end: str, cuts: list[int]) -> None:
    lines = [f"id: {m.id}{end}event: {m.event}{end}data: {m.data}{end}: comment{end}{end}" for m in messages]
    sent = "".join(lines).encode()
    places = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    decoder = SseDecoder()
    found = []
    for start, stop in pairwise(places):
        found += decoder.feed(sent[start:stop])
    # Whether a CR at the very end stands alone is not known before what follows it.
    found += decoder.feed(b": end\n") if end == "\r" else []
    assert found == messages


def test_several_lines_of_data_are_one_event_and_an_event_without_data_is_none() -> None:
    assert SseDecoder().feed(b"id: 1\n\ndata: a\ndata:b\n\n") == [ServerSentEvent("1", "message", "a\nb")]


def test_an_event_without_end_is_refused() -> None:
    decoder = SseDecoder()
    with pytest.raises(ValueError, match="without end"):
        [decoder.feed(b"x" * 1024 * 1024) for _ in range(20)]
