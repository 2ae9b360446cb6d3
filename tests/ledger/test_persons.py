"""Persons in the ledger: told by name to whoever reads it, and covered by digests as commitments."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from domain.engine.records import Event
from domain.evidence import commitment, verify_chain
from domain.words import EventType
from ledger.queries import events_of, get_case, messages_after
from ledger.recording import record_step


@pytest.mark.parametrize("algorithm", ["sm3", "sha256"])
def test_persons_are_told_and_the_digests_cover_commitments_to_them(engine: Engine, steps, resolve, algorithm) -> None:
    def by(event: Event, person: str | None) -> Event:
        return event.model_copy(update={"actor": event.actor.model_copy(update={"person": person})})

    filing = steps.filing(key="k")
    filing = filing.model_copy(update={"events": (by(filing.events[0], "张三"), by(filing.events[1], None))})
    record_step(engine, filing, resolve, algorithm)
    said = [by(steps.event(EventType.URGED, 5, n=number), "张三") for number in range(2)]
    record_step(engine, steps.step(2, said), resolve, "sm3")
    events, case = events_of(engine, steps.request_id), get_case(engine, steps.request_id)
    assert [event.actor.person for event in events] == ["张三", None, "张三", "张三"]
    salts = [event.salt for event in events if event.salt]
    assert len(salts) == len(set(salts)) == 3
    assert events[1].salt is None
    verify_chain(events, algorithm, head=case.head_digest)
    withheld = [
        event.model_copy(
            update={
                "actor": event.actor.model_copy(update={"person": commitment("张三", event.salt, algorithm)}),
                "salt": None,
            }
        )
        if event.salt
        else event
        for event in events
    ]
    verify_chain(withheld, algorithm, head=case.head_digest)
    # Asked again, a step is answered with what is there: no salt is made anew.
    assert record_step(engine, filing, resolve, algorithm).events == events
    told = [message.payload for message in messages_after(engine, 0, 100_000) if message.request_id == steps.request_id]
    assert [each.get("salt") for each in told] == [event.salt for event in events]
    assert "salt" not in told[1]


def test_the_ledger_takes_no_person_without_a_salt(engine: Engine, steps, resolve) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")
    head = get_case(engine, steps.request_id).head_digest
    for actor, salt in (('{"role": "bureau", "person": "张三"}', "NULL"), ('{"role": "bureau"}', "'\\x00'")):
        with engine.begin() as connection, pytest.raises(IntegrityError, match="events_persons_are_salted"):
            connection.execute(
                text(
                    "INSERT INTO events (request_id, seq, at, type, actor, stage, statute, data, prev, digest, salt)"
                    f" VALUES (:id, 3, now(), 'urged', :actor, 'closed', 's', '{{}}', decode(:head, 'hex'), '', {salt})"
                ),
                {"id": steps.request_id, "actor": actor, "head": head},
            )
