"""The order of messages: told by transactions, so that writers do not wait and readers still miss none."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from domain.access import Visibility
from domain.words import EventType
from ledger.engine import connect
from ledger.queries.messages import MessageFilter, visible_messages
from ledger.queries.outbox_position import newest_message, requests_told_after
from ledger.recording import record_step
from ledger.schema import migrate

Told = tuple[str, int]


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that has a place in the outbox and does not commit yet."""
    with engine.begin() as connection:
        connection.execute(text("SELECT outbox_here()"))
        yield connection


def told_after(engine: Engine, position: int, limit: int = 1000) -> tuple[list[Told], int]:
    stretch = visible_messages(engine, Visibility(everything=True), position, limit, MessageFilter())
    return [(message.request_id, message.seq) for message in stretch.messages], stretch.upto


def test_a_writer_that_stalls_before_its_commit_is_not_passed_over(engine: Engine, more_steps, resolve) -> None:
    begin = newest_message(engine)
    slow, quick = more_steps(), more_steps()
    with writing(engine) as stalled:
        record_step(engine, quick.filing(), resolve, "sm3")
        # What is written already comes after what may still be written.
        assert told_after(engine, begin) == ([], begin)
        assert requests_told_after(engine, begin) == (begin, frozenset())
        assert newest_message(engine) == begin
        stalled.execute(
            text(
                "INSERT INTO outbox (position, request_id, seq, type)"
                " VALUES (outbox_here(), :id, 1, 'filed'), (outbox_here() + 1, :id, 2, 'clock_started')"
            ),
            {"id": slow.request_id},
        )
    with engine.connect() as connection:
        query = text("SELECT request_id, seq FROM outbox WHERE position > :begin ORDER BY position")
        order = [tuple(row) for row in connection.execute(query, {"begin": begin})]
    mine = [(each.request_id, seq) for each in (slow, quick) for seq in (1, 2)]
    assert order == mine
    assert requests_told_after(engine, begin)[1] == {slow.request_id, quick.request_id}


def test_readers_miss_nothing_while_writers_stall_and_keep_the_order_of_each_case(
    engine: Engine, more_steps, resolve
) -> None:
    begin, over, committed = newest_message(engine), threading.Event(), threading.Event()
    cases = [more_steps() for _ in range(12)]

    def write(steps) -> None:
        record_step(engine, steps.filing(), resolve, "sm3")
        for head in (2, 4, 6):
            events = [steps.event(EventType.URGED, head), steps.event(EventType.URGED, head)]
            record_step(engine, steps.step(head, events), resolve, "sm3")

    def stall(seconds: float) -> None:
        while not over.wait(seconds / 3):
            with writing(engine):
                over.wait(seconds)

    def read() -> list[Told]:
        seen: list[Told] = []
        position = begin
        while True:
            last = committed.is_set()
            found, position = told_after(engine, position, 5)
            seen += found
            if last and not found:
                return seen

    with ThreadPoolExecutor(12) as pool:
        reading = [pool.submit(read) for _ in range(2)]
        stalling = [pool.submit(stall, seconds) for seconds in (0.02, 0.05, 0.11)]
        for written in [pool.submit(write, steps) for steps in cases]:
            written.result()
        over.set()
        for stalled in stalling:
            stalled.result()
        committed.set()
        seen = [each.result() for each in reading]
    for found in seen:
        for steps in cases:
            assert [seq for request_id, seq in found if request_id == steps.request_id] == list(range(1, 9))
    assert seen[0] == seen[1]


def test_after_a_backup_was_restored_messages_still_come_after_all_that_were(
    ledger_url: str, more_steps, resolve
) -> None:
    engine = connect(ledger_url)
    before = more_steps()
    record_step(engine, before.filing(), resolve, "sm3")
    last = newest_message(engine)
    with engine.begin() as connection:  # as on a server that has seen a thousand transactions fewer
        connection.execute(text("UPDATE outbox_base SET base = base - 1000 * 4096"))
    assert newest_message(engine) == 0
    migrate(engine)
    assert newest_message(engine) == last
    after = more_steps()
    record_step(engine, after.filing(), resolve, "sm3")
    assert told_after(engine, last)[0] == [(after.request_id, 1), (after.request_id, 2)]
    reached = newest_message(engine)
    migrate(engine)  # nothing to raise
    assert newest_message(engine) == reached < 2**53
    engine.dispose()
