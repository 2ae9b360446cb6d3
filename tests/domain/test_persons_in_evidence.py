"""Persons in evidence: a digest covers a commitment to them, which binds the name and can stand in its place."""

import json
from hashlib import new

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.engine.records import Actor, RecordedEvent
from domain.evidence import (
    GENESIS,
    Algorithm,
    ChainBroken,
    body_of,
    canonical_json,
    commitment,
    plain,
    seal,
    verify_chain,
)
from domain.words import Role
from tests.domain.test_evidence import chain

SALT = "000102030405060708090a0b0c0d0e0f"
names = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=30)
salts = st.binary(min_size=16, max_size=16).map(bytes.hex)
algorithms = st.sampled_from(["sm3", "sha256"])


def signed_by(person: str | None, salt: str | None, algorithm: Algorithm) -> RecordedEvent:
    """An event of somebody, chained as a ledger chains it."""
    [event] = chain(1, algorithm)
    event = event.model_copy(update={"actor": Actor(role=Role.BUREAU, org="B", person=person), "salt": salt})
    return event.model_copy(update={"digest": seal({**body_of(event), "salt": salt}, GENESIS, algorithm)})


def changed(event: RecordedEvent, person: str | None, salt: str | None) -> RecordedEvent:
    actor = event.actor.model_copy(update={"person": person})
    return event.model_copy(update={"actor": actor, "salt": salt})


@given(names, salts, algorithms)
def test_the_name_can_be_left_out_and_the_chain_holds(person: str, salt: str, algorithm: Algorithm) -> None:
    event = signed_by(person, salt, algorithm)
    verify_chain([event], algorithm, head=event.digest)
    left_out = changed(event, commitment(person, salt, algorithm), None)
    verify_chain([left_out], algorithm, head=event.digest)
    assert json.loads(canonical_json(plain(left_out)))["actor"]["person"] != person
    line = {name: value for name, value in plain(left_out).items() if name != "digest"}
    assert new(algorithm, canonical_json(line).encode()).hexdigest() == event.digest, "the line is the very text"


@given(names, names, salts, salts, algorithms)
def test_another_name_or_salt_breaks_the_chain(
    person: str, other: str, salt: str, another: str, algorithm: Algorithm
) -> None:
    event = signed_by(person, salt, algorithm)
    for wrong in (
        changed(event, other, salt) if other != person else changed(event, None, None),
        changed(event, person, another) if another != salt else changed(event, person, None),
        changed(event, None, salt),
        changed(event, person, None),
        changed(event, commitment(person + "x", salt, algorithm), None),
        changed(event, commitment(person, salt, algorithm), salt),
    ):
        with pytest.raises(ChainBroken):
            verify_chain([wrong], algorithm)


def test_a_commitment_is_what_the_documentation_says() -> None:
    text = f'["{SALT}","张三"]'
    assert commitment("张三", SALT, "sha256") == f"sha256:{new('sha256', text.encode()).hexdigest()}"
    assert commitment("张三", SALT, "sm3") == f"sm3:{new('sm3', text.encode()).hexdigest()}"


def test_a_commitment_by_another_algorithm_stands_for_nobody() -> None:
    event = signed_by("张三", SALT, "sm3")
    with pytest.raises(ChainBroken, match="without the salt"):
        verify_chain([changed(event, commitment("张三", SALT, "sha256"), None)], "sm3")


def test_a_name_that_looks_like_a_commitment_is_a_name() -> None:
    name = commitment("张三", SALT, "sm3")
    event = signed_by(name, SALT, "sm3")
    verify_chain([event], "sm3")
    with pytest.raises(ChainBroken):
        verify_chain([changed(event, name, None)], "sm3")


def test_an_event_of_nobody_is_as_it_always_was() -> None:
    [event] = chain(1)
    assert "salt" not in plain(event)
    assert event.digest == new("sm3", canonical_json({**body_of(event), "prev": GENESIS}).encode()).hexdigest()
