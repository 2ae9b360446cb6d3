"""However a reader's messages are found, they are the same: in order, none missed, none that is not theirs."""

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from background.webhooks.queries.pruning import prune
from domain.access import Visibility
from domain.engine.records import Clock
from domain.words import EventType
from ledger.engine import connect
from ledger.errors import BadCursor, CursorExpired
from ledger.log_book import LogBook
from ledger.queries import messages, messages_after
from ledger.queries.counting import count_on
from ledger.queries.messages import BEGINNING, MessageFilter, visible_messages
from ledger.queries.outbox_position import newest_message
from ledger.recording import record_step
from tests.ledger.conftest import Steps

Told = tuple[str, int]
_numbers = itertools.count(1)
MANY = 100_000

READERS = {
    "everything": Visibility(everything=True),
    "nothing": Visibility(),
    "nobody": Visibility(requester="NOBODY", provider="NOBODY"),
    "seldom": Visibility(requester="seldom"),
    "often": Visibility(provider="OFTEN"),
    "a place": Visibility(places=frozenset({"yima"})),
    "a superior": Visibility(superiors=frozenset({"henan"}), requester="SELDOM"),
}
WAYS = {
    "at first": (1000, 1, 1000, 1000),
    "one by one": (2, 0, 1000, 1000),
    "in a row": (2, 1000, 1000, 1000),
    "by its cases": (2, 1, 4, 7),
}
"""How many messages each way looks at before the next is tried; the second is how many make somebody see much."""


@pytest.fixture(scope="module")
def told(engine: Engine) -> Sequence[tuple[Told, str, set[str]]]:
    """What was told here, in order: the message, its type, and who may see it."""
    from tests.ledger.conftest import resolve

    chances = random.Random(5)
    made: dict[str, set[str]] = {}
    begin = newest_message(engine)
    for _ in range(60):
        steps = Steps(f"feed-{next(_numbers)}")
        seldom, often = chances.random() < 0.05, chances.random() < 0.5
        place = chances.choice(["nantong-2020", "yima-2021", "changshu-2019"])
        superior = "henan" if chances.random() < 0.05 else None
        parties = {"requester_code": "Seldom" if seldom else "X", "provider_code": "OFTEN" if often else "Y"}
        filing = steps.filing(statute=place, superior=superior, **parties)
        record_step(engine, filing, resolve.__wrapped__(), "sm3")
        sees = {"everything", *(["seldom", "a superior"] if seldom else []), *(["often"] if often else [])}
        sees |= {"a place"} if place == "yima-2021" else set()
        made[steps.request_id] = sees | ({"a superior"} if superior else set())
    with engine.connect() as connection:
        query = text("SELECT request_id, seq, type FROM outbox WHERE position > :begin ORDER BY position")
        rows = connection.execute(query, {"begin": begin}).all()
    return [((row.request_id, row.seq), row.type, made[row.request_id]) for row in rows if row.request_id in made]


def walk(engine: Engine, reader: str, limit: int, wanted: MessageFilter) -> list[Told]:
    """All that a reader finds, page by page."""
    seen: list[Told] = []
    position = BEGINNING
    while True:
        found = visible_messages(engine, READERS[reader], position, limit, wanted)
        assert found.upto >= position
        seen += [(message.request_id, message.seq) for message in found.messages]
        position = found.upto
        if len(found.messages) < limit:
            assert position == newest_message(engine)
            return seen


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("reader", READERS)
def test_every_way_finds_the_same(
    engine: Engine,
    told: Sequence[tuple[Told, str, set[str]]],
    monkeypatch: pytest.MonkeyPatch,
    reader: str,
    way: str,
) -> None:
    for name, number in zip(("AT_FIRST", "SEES_MUCH", "ONE_BY_ONE", "IN_A_ROW"), WAYS[way], strict=True):
        monkeypatch.setattr(messages, name, number)
    ours = {message for message, _, _ in told}
    for limit in (3, 1000):
        found = [message for message in walk(engine, reader, limit, MessageFilter()) if message in ours]
        assert found == [message for message, _, sees in told if reader in sees]
    only = MessageFilter(types=frozenset({EventType.CLOCK_STARTED}))
    found = [message for message in walk(engine, reader, 4, only) if message in ours]
    assert found == [message for message, kind, sees in told if reader in sees and kind == "clock_started"]
    two = MessageFilter(types=frozenset({EventType.CLOCK_STARTED, EventType.FILED, EventType.DECIDED}))
    found = [message for message in walk(engine, reader, 7, two) if message in ours]
    assert found == [message for message, kind, sees in told if reader in sees and kind in two.types]
    request_id = told[7][0][0]
    of_one = walk(engine, reader, 1, MessageFilter(request_id=request_id))
    assert of_one == [message for message, _, sees in told if reader in sees and message[0] == request_id]


def looked_at(connection: Connection, statement: str, parameters: Mapping[str, Any]) -> int:
    """How many rows of the outbox a statement reads, those among them that it does not want."""
    said = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
    below, rows = [said[0]["Plan"]], 0
    while below:
        node = below.pop()
        below += node.get("Plans", ())
        if node.get("Relation Name") == "outbox":
            rows += node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
    return int(rows)


@pytest.mark.parametrize("reader", ["everything", "often", "nobody"])
def test_what_is_seldom_told_is_found_without_walking_through_the_rest(
    ledger_url: str, resolve: Callable[..., Clock], reader: str
) -> None:
    engine = connect(ledger_url)
    fill = "INSERT INTO outbox (position, request_id, seq, type) SELECT n, 'r' || n / 12, n, 'urged'"
    with engine.begin() as connection:
        connection.execute(text(f"{fill} FROM generate_series(1, {MANY}) n"))
    for _ in range(3):
        filing = Steps(f"feed-{next(_numbers)}").filing(provider_code="OFTEN")
        record_step(engine, filing, resolve, "sm3")
    asked: list[tuple[str, Mapping[str, Any]]] = []
    event.listen(
        engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, parameters, *_: asked.append((statement, parameters)),
    )
    for types in ({EventType.FILED}, {EventType.FILED, EventType.CLOCK_STARTED, EventType.DECIDED}):
        for analyzed in (False, True):
            if analyzed:
                with engine.begin() as connection:
                    connection.execute(text("ANALYZE"))
            asked.clear()
            found = visible_messages(engine, READERS[reader], BEGINNING, 100, MessageFilter(frozenset(types)))
            told = {message.type for message in found.messages}
            assert told == (set() if reader == "nobody" else types - {EventType.DECIDED})
            with engine.connect() as connection:
                assert sum(looked_at(connection, *each) for each in asked.copy()) < 100
    engine.dispose()


def test_a_cursor_from_before_what_was_pruned_is_refused(ledger_url: str, resolve) -> None:
    engine = connect(ledger_url)
    for _ in range(3):
        record_step(engine, Steps(f"feed-{next(_numbers)}").filing(), resolve, "sm3")
    everything, of_all = Visibility(everything=True), MessageFilter()

    def ids(after: int) -> list[int]:
        return [message.id for message in visible_messages(engine, everything, after, 100, of_all).messages]

    before = ids(BEGINNING)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert prune(engine, tomorrow) == 0  # nothing is counted yet
    while count_on(engine, at_once=2):
        pass
    assert prune(engine, tomorrow) == 0  # nothing is in the log yet
    assert LogBook(engine).extend() == 6
    assert prune(engine, datetime.now(UTC) - timedelta(days=1)) == 0  # nothing is old
    assert prune(engine, tomorrow, at_once=3) == 3
    assert ids(before[2]) == ids(BEGINNING) == before[3:]
    for lost in (0, *before[:2]):
        with pytest.raises(CursorExpired):
            ids(lost)
    assert prune(engine, tomorrow) == 2  # the newest stays
    assert prune(engine, tomorrow) == 0
    assert ids(before[4]) == before[5:]
    assert ids(before[5]) == []
    with pytest.raises(BadCursor):
        ids(before[5] + 1)
    record_step(engine, Steps(f"feed-{next(_numbers)}").filing(), resolve, "sm3")
    assert len(messages_after(engine, before[5])) == 2
    engine.dispose()
