"""Evidence: one text for one value, known digests, and a chain that shows any change."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.engine.records import Actor, RecordedEvent
from domain.evidence import (
    GENESIS,
    Algorithm,
    ChainBroken,
    NotCanonical,
    algorithm_named,
    body_of,
    canonical_json,
    digest_of,
    instant_text,
    plain,
    seal,
    verify_chain,
)
from domain.words import EventType, Role, Stage

SM3_OF_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"  # GB/T 32905-2016, example 1

texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def chain(length: int, algorithm: Algorithm = "sm3") -> list[RecordedEvent]:
    events: list[RecordedEvent] = []
    prev = GENESIS
    for seq in range(1, length + 1):
        event = RecordedEvent(
            seq=seq,
            at=datetime(2026, 9, 18, 10, seq, tzinfo=UTC),
            type=EventType.FILED,
            actor=Actor(role=Role.REQUESTER, org="A"),
            stage=Stage.PROVIDER_ANSWER,
            statute="nantong-2020",
            article=None,
            data={"理由": "低保", "n": seq},
            prev=prev,
            digest="",
        )
        prev = seal(body_of(event), prev, algorithm)
        events.append(event.model_copy(update={"digest": prev}))
    return events


# A clock event as the ledger wrote it before clocks could name a regulation: every byte as it was stored.
OLD_CLOCK = {
    "number": 1,
    "id": "provider_answer",
    "basis": "statute",
    "article": "22",
    "quote": "应在10个工作日内完成审核",
    "started_at": "2026-09-18T10:00:00.000000+08:00",
    "amount": 10,
    "unit": "working_day",
    "due_date": "2026-10-10",
    "due_at": "2026-10-11T00:00:00.000000+08:00",
    "provisional": False,
    "calendar_edition": "2026",
    "calendar_editions": ["2026"],
    "warn_at": [],
    "rungs": [],
    "supersedes": None,
    "state": "running",
    "ended_at": None,
    "warned": 0,
    "climbed": 0,
}
OLD_BODY = {
    "seq": 1,
    "at": "2026-09-18T10:00:00.000000+08:00",
    "type": "clock_started",
    "actor": {"role": "platform", "org": None, "person": None},
    "stage": "provider_answer",
    "statute": "nantong-2020",
    "article": "22",
    "data": {"clock": "provider_answer", "number": 1},
    "clock": OLD_CLOCK,
    "key": None,
}


def test_a_chain_from_before_clocks_named_a_regulation_still_holds() -> None:
    text = json.dumps({**OLD_BODY, "prev": GENESIS}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    stored = hashlib.new("sm3", text.encode()).hexdigest()
    event = RecordedEvent.model_validate({**OLD_BODY, "prev": GENESIS, "digest": stored})
    assert event.clock is not None
    assert event.clock.statute is None
    verify_chain([event], "sm3", head=stored)
    named = event.model_copy(update={"clock": event.clock.model_copy(update={"statute": "cn-809-2025"})})
    with pytest.raises(ChainBroken, match="does not match its digest"):
        verify_chain([named], "sm3")


def test_sm3_of_abc_is_the_standards_example() -> None:
    assert hashlib.new("sm3", b"abc").hexdigest() == SM3_OF_ABC
    # The digest of a value is that of its JSON text: the quotes belong to it.
    assert digest_of("abc") == hashlib.new("sm3", b'"abc"').hexdigest()


def test_canonical_json_is_sorted_tight_and_unescaped() -> None:
    assert canonical_json({"b": [1, True, None], "a": "理由"}) == '{"a":"理由","b":[1,true,null]}'


@given(values)
def test_canonical_json_reads_back_equal_and_is_one_text(value: object) -> None:
    text = canonical_json(value)
    back = json.loads(text)
    assert back == value
    assert canonical_json(back) == text


@given(st.dictionaries(texts, values, max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), [0.5], {"a": 2.5}, {1: "a"}, (1,), b"a", {"a"}, datetime.now(UTC), 2**53, "\x00", "\ud800"],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_canonical_json_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical_json(value)


def test_bottomless_nesting_is_refused_not_a_crash() -> None:
    value: list[object] = []
    for _ in range(5000):
        value = [value]
    with pytest.raises(NotCanonical):
        canonical_json(value)


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - the zone comes from the other
    st.integers(-12 * 60, 14 * 60).map(lambda m: timedelta(minutes=m)),
)
def test_an_instant_has_one_text_whatever_its_zone(naive: datetime, offset: timedelta) -> None:
    instant = naive.replace(tzinfo=timezone(offset))
    text = instant_text(instant)
    assert text.endswith("+08:00")
    assert len(text) == 32
    assert datetime.fromisoformat(text) == instant
    assert instant_text(instant.astimezone(UTC)) == text


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(NotCanonical):
        instant_text(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


def test_plain_turns_records_into_json() -> None:
    assert plain(Actor(role=Role.BUREAU)) == {"role": "bureau", "org": None, "person": None}
    assert type(plain(Stage.CLOSED)) is str


@pytest.mark.parametrize("algorithm", ["sm3", "sha256"])
def test_a_whole_chain_verifies(algorithm: Algorithm) -> None:
    events = chain(5, algorithm)
    verify_chain(events, algorithm, head=events[-1].digest)


@pytest.mark.parametrize(
    "change",
    [
        {"at": datetime(2026, 9, 18, 10, 3, 0, 1, tzinfo=UTC)},
        {"type": EventType.GRANTED},
        {"actor": Actor(role=Role.REQUESTER, org="B")},
        {"stage": Stage.CLOSED},
        {"statute": "cn-809-2025"},
        {"article": "3"},
        {"data": {"理由": "低保", "n": 4}},
        {"key": "k"},
        {"digest": GENESIS},
        {"prev": GENESIS},
        {"seq": 7},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_change_to_an_event_breaks_the_chain_there(change: dict[str, object]) -> None:
    events = chain(5)
    events[2] = events[2].model_copy(update=change)
    with pytest.raises(ChainBroken) as broken:
        verify_chain(events, "sm3")
    assert broken.value.seq == 3


def test_missing_events_are_found() -> None:
    events = chain(5)
    with pytest.raises(ChainBroken):
        verify_chain(events[1:], "sm3")
    with pytest.raises(ChainBroken):
        verify_chain(events[:2] + events[3:], "sm3")
    with pytest.raises(ChainBroken) as broken:
        verify_chain(events[:3], "sm3", head=events[-1].digest)
    assert broken.value.seq == 4


def test_a_body_with_missing_or_other_fields_is_not_sealed() -> None:
    body = body_of(chain(1)[0])
    with pytest.raises(NotCanonical, match="note"):
        seal({**body, "note": ""}, GENESIS, "sm3")
    with pytest.raises(NotCanonical, match="actor"):
        seal({name: value for name, value in body.items() if name != "actor"}, GENESIS, "sm3")


def test_algorithms_by_name() -> None:
    assert algorithm_named(None) == algorithm_named("") == algorithm_named("SM3") == "sm3"
    assert algorithm_named("sha256") == "sha256"
    with pytest.raises(ValueError, match="md5"):
        algorithm_named("md5")
