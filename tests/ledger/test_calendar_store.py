"""The calendar in force here: noticed at once, waited for by whoever stores an edition, never changed."""

import json
import threading
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from background.alone import done_alone
from domain.calendar import Calendar, Edition, load_edition
from domain.log.acts import Acting
from ledger.calendar_store import CalendarStore
from ledger.engine import connect
from ledger.leases import Lease
from ledger.queries.calendars import (
    abandoned_publication,
    note_progress,
    publication,
    publications,
    store_edition,
)


@pytest.fixture
def apart(ledger_url: str):
    """A ledger of its own: what is stored in one stays."""
    engine = connect(ledger_url)
    yield engine
    engine.dispose()


def edition(**changes) -> Edition:
    content = {"id": f"2026-{uuid.uuid4().hex[:6]}", "year": 2026, "published": "2026-11-25", "amends": "2026"}
    return load_edition(json.dumps({**content, "notice": "x", "days": {"2026-12-28": "off"}, **changes}), "x.json")


def test_a_stored_edition_is_known_to_the_next_question(apart: Engine) -> None:
    here, other = CalendarStore(apart), CalendarStore(apart)
    assert here.now() is other.now() is Calendar.packaged()
    new = edition()
    assert store_edition(apart, new, Acting(subject="tester"), 3)
    assert new in here.now().editions
    assert other.known == (0, Calendar.packaged())
    assert new in other.now().editions
    assert other.known == (1, other.now())
    assert here.now() is here.now()
    assert not store_edition(apart, new, Acting(subject="another"), 5)
    (there,) = publications(apart)
    assert (there.edition, there.started_by, there.expected, there.finished_at) == (new.id, "tester", 3, None)


def test_storing_waits_for_the_deadlines_that_are_being_worked_out_without_it(apart: Engine) -> None:
    new, stored = edition(), threading.Event()

    def store() -> None:
        store_edition(apart, new, Acting(subject="tester"), 0)
        stored.set()

    storing = threading.Thread(target=store)
    with apart.begin() as step:
        assert step.execute(text("SELECT calendar_is_still(0)")).scalar_one()
        storing.start()
        assert not stored.wait(0.5)
        with apart.connect() as other:
            assert other.execute(text("SELECT count(*) FROM calendar_editions")).scalar_one() == 0
    storing.join(10)
    assert stored.is_set()
    with apart.begin() as step:
        assert not step.execute(text("SELECT calendar_is_still(0)")).scalar_one()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE calendar_editions SET body = '{}'",
        "DELETE FROM calendar_editions",
        "TRUNCATE calendar_editions CASCADE",
        "INSERT INTO calendar_editions SELECT * FROM calendar_editions ON CONFLICT (id) DO UPDATE SET body = '{}'",
        "SET LOCAL session_replication_role = replica; DELETE FROM calendar_editions",
    ],
)
def test_an_edition_never_changes(apart: Engine, statement: str) -> None:
    new = edition()
    store_edition(apart, new, Acting(subject="tester"), 0)
    with pytest.raises(IntegrityError, match="Ledger rule: calendar_editions only grows"), apart.begin() as connection:
        connection.execute(text(statement))
    assert new in CalendarStore(apart).now().editions


async def test_one_process_publishes_at_a_time(apart: Engine) -> None:
    async with done_alone(apart, "publication") as first, done_alone(apart, "publication") as second:
        assert (first.mine, second.mine) == (True, False)
        async with done_alone(apart, "reconciliation") as other:
            assert other.mine
    async with done_alone(apart, "publication") as again:
        assert again.mine


def test_a_lease_is_prolonged_by_its_holder_and_lapses_when_that_is_silent(apart: Engine) -> None:
    first, second = Lease(apart, "a"), Lease(apart, "a")
    assert Lease(apart, "another").take()
    assert [first.take(), second.take(), first.take()] == [True, False, True]
    second.give_back()
    assert not second.take()
    assert replace(first, lapses_after=timedelta()).take()
    assert [second.take(), first.take()] == [True, False]


def test_a_lease_that_was_taken_while_the_clock_was_ahead_binds_nobody(apart: Engine) -> None:
    first, second = Lease(apart, "ahead"), Lease(apart, "ahead")
    assert replace(first, lapses_after=first.lapses_after + timedelta(minutes=10)).take()
    assert [second.take(), first.take(), second.take()] == [True, False, True]


def test_a_publication_is_abandoned_when_nobody_was_seen_at_it(apart: Engine) -> None:
    new = edition()
    store_edition(apart, new, Acting(subject="tester"), 0)
    assert abandoned_publication(apart, timedelta(minutes=1)) is None
    there = abandoned_publication(apart, timedelta())
    assert there is not None
    assert there.edition == new.id
    assert note_progress(apart, new.id, finished=True) == 0
    assert abandoned_publication(apart, timedelta()) is None
    finished = publication(apart, new.id)
    assert finished is not None
    assert finished.finished_at is not None
