"""The desk's tables: claims of open cases alone, a history that only grows, nothing that closed cases cost."""

import threading
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from domain.access import Visibility
from domain.words import EventType, Outcome, Stage
from ledger.queries import worklist
from ledger.queries.desk import StandIn, claim, claims_of, deeds_of, hand_over, release, stand_in, stand_ins
from ledger.queries.views import Held, WorklistFilter
from ledger.recording import record_step
from tests.ledger.test_closed_long_ago import crowded, plans

__all__ = ["crowded"]


def moves(engine: Engine, request_id: str) -> list[tuple[Any, ...]]:
    query = text("SELECT kind, officer, by, reason FROM desk_moves WHERE request_id = :id ORDER BY number")
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query, {"id": request_id})]


def test_a_claim_goes_with_its_case_and_its_history_stays(engine: Engine, steps: Any, resolve: Any) -> None:
    filed = record_step(engine, steps.filing(), resolve, "sm3")
    its_id = steps.request_id
    assert claim(engine, its_id, "D", "zhang") is not None
    assert hand_over(engine, its_id, "D", "li", "zhang", "调岗", "zhang") is not None
    assert release(engine, its_id, "D", "li", {"li"}) is None
    assert claim(engine, its_id, "D", "wang") is not None
    history = [
        ("claim", "zhang", "zhang", None),
        ("hand_over", "li", "zhang", "调岗"),
        ("release", None, "li", None),
        ("claim", "wang", "wang", None),
    ]
    assert moves(engine, its_id) == history
    ends = steps.event(EventType.CLOSED, stage=Stage.CLOSED, outcome=Outcome.WITHDRAWN)
    record_step(engine, steps.step(filed.head, [ends]), resolve, "sm3")
    assert claims_of(engine, "D", [its_id]) == {}
    assert claim(engine, its_id, "D", "wang") is None
    assert hand_over(engine, its_id, "D", "li", "wang", "x", None) is None
    assert moves(engine, its_id) == history
    for statement in ("UPDATE desk_moves SET by = 'x'", "DELETE FROM desk_moves", "TRUNCATE desk_moves"):
        with pytest.raises(IntegrityError, match="only grows"), engine.begin() as connection:
            connection.execute(text(statement))


def test_many_claim_at_once_and_all_hear_of_the_same(engine: Engine, steps: Any, resolve: Any) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")
    heard: list[Any] = []
    threads = [
        threading.Thread(target=lambda n=n: heard.append(claim(engine, steps.request_id, "D", f"o{n}")))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 8
    assert len({(each.officer, each.since) for each in heard}) == 1
    assert len(moves(engine, steps.request_id)) == 1


def test_a_stand_in_said_twice_is_there_once(engine: Engine) -> None:
    new = StandIn(0, "zhang", "li", date(2026, 3, 2), date(2026, 3, 6), "zhang", None)
    heard: list[int] = []
    threads = [threading.Thread(target=lambda: heard.append(stand_in(engine, "S", new).id)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(heard)) == 1
    assert [each.id for each in stand_ins(engine, "S", date(2026, 3, 6))] == heard[:1]
    assert stand_ins(engine, "S", date(2026, 3, 7)) == []


ACTED = """
UPDATE cases SET closed_at = NULL, stage = 'provider_answer', outcome = NULL WHERE request_id = 'C-20000';
INSERT INTO desk_claims (request_id, unit, officer, by) VALUES ('C-20000', 'P', 'li', 'li');
INSERT INTO events (request_id, seq, at, type, actor, stage, statute, data, prev, digest, salt)
SELECT request_id, 1, filed_at, 'granted', jsonb_build_object('org', 'P', 'person', 'o' || right(request_id, 3)),
    'closed', statute, '{}', decode(repeat('00', 32), 'hex'), decode(repeat('01', 32), 'hex'),
    decode(repeat('02', 16), 'hex') FROM cases;
ANALYZE events; ANALYZE cases
"""


def test_closed_cases_cost_the_desk_nothing(crowded: Engine) -> None:
    with crowded.begin() as connection:
        connection.execute(text(ACTED))
    waits = [WorklistFilter(frozenset({Stage.PROVIDER_ANSWER}), frozenset({"nantong-2020"}), "provider", "p")]

    def ask() -> None:
        for held, number in ((Held("P", frozenset({"li"})), 1), (Held("P", frozenset({"wang"})), 0), (Held("P"), 0)):
            assert len(worklist(crowded, waits, None, 5, held).cases) == number
        done = deeds_of(crowded, "o007", "p", Visibility(everything=True), 5)
        assert [deed.request_id for deed in done] == ["C-19007", "C-18007", "C-17007", "C-16007", "C-15007"]

    found = plans(crowded, ask, "cases")
    assert len(found) >= 4
    for plan in found:
        assert "Seq Scan on cases" not in plan, plan
        assert "Seq Scan on events" not in plan, plan
    assert "events_by_person" in found[-1]
