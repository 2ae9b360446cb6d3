"""One embedded PostgreSQL for all tests of the ledger; each test uses its own requests."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from domain.clocks import ClockId
from domain.engine.records import Actor, Clock, ClockOrder, Event, Rung, Step
from domain.words import Basis, EventType, Role, Stage, Unit, Urgency
from ledger.engine import connect
from ledger.schema import migrate
from tests.databases import Databases, with_texts

T0 = datetime(2026, 9, 18, 2, 0, tzinfo=UTC)
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_url(databases: Databases) -> str:
    return databases.url


@pytest.fixture(scope="session")
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = connect(postgres_url, pool_size=20)
    migrate(engine)
    with_texts(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def own(ledger_url: str) -> Iterator[Engine]:
    """A ledger of its own."""
    engine = connect(ledger_url, pool_size=5)
    yield engine
    engine.dispose()


class Steps:
    """Builds steps of one request."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id

    def header(self, **changes: Any) -> dict[str, Any]:
        return {
            "statute": "nantong-2020",
            "statute_digest": "d" * 64,
            "procedure": "request/1",
            "requester_code": "R",
            "requester_name": "南通市民政局",
            "provider_code": "P",
            "provider_name": "南通市公安局",
            "resource_code": "NT-GA-0001",
            "resource_name": "常住人口基本信息",
            "sharing_class": "conditional",
            "filed_at": T0,
            "filing_key": f"key-{self.request_id}",
            "filing_digest": "f" * 64,
            "workflow_id": f"request/{self.request_id}",
            "policy_digest": "e" * 64,
            "application": {"purpose": "低保资格核验"},
            **changes,
        }

    def event(
        self,
        kind: EventType,
        minutes: float = 0,
        stage: Stage = Stage.PROVIDER_ANSWER,
        order: ClockOrder | None = None,
        article: str | None = None,
        **data: Any,
    ) -> Event:
        actor = Actor(role=Role.PROVIDER, org="P")
        at = T0 + timedelta(minutes=minutes)
        return Event(type=kind, at=at, actor=actor, stage=stage, article=article, data=data, order=order)

    def order(self, number: int = 1, **changes: Any) -> ClockOrder:
        return ClockOrder(
            **{
                "number": number,
                "id": ClockId.PROVIDER_ANSWER,
                "basis": Basis.STATUTE,
                "article": "22",
                "quote": "在10个工作日内",
                "started_at": T0,
                "amount": 10,
                "unit": Unit.WORKING_DAY,
                **changes,
            }
        )

    def filing(self, key: str | None = None, **header: Any) -> Step:
        events = [
            self.event(EventType.FILED, purpose="低保资格核验", n=1),
            self.event(EventType.CLOCK_STARTED, order=self.order(), article="22", number=1),
        ]
        header = self.header(**header)
        return self.step(0, events, key).model_copy(update={"header": header, "statute": header["statute"]})

    def step(self, head: int, events: Sequence[Event], key: str | None = None) -> Step:
        return Step(request_id=self.request_id, statute="nantong-2020", head=head, events=events, key=key)


@pytest.fixture
def steps() -> Steps:
    return Steps(f"req-{next(_numbers)}")


@pytest.fixture
def more_steps() -> Callable[[], Steps]:
    return lambda: Steps(f"req-{next(_numbers)}")


@pytest.fixture
def resolve() -> Callable[..., Clock]:
    """A calendar in which every limit ends thirteen days after its start."""

    def resolve(order: ClockOrder, known_on: date | None, _close: object) -> Clock:
        due = order.started_at + timedelta(days=13)
        kept = order.model_dump(exclude={"warn_before", "ladder"})
        return Clock(
            **kept,
            due_date=due.date(),
            due_at=due,
            provisional=known_on is None,
            calendar_edition="2026",
            calendar_editions=("2025", "2026"),
            warn_at=(due - timedelta(days=2),),
            rungs=(Rung(level=Urgency.NOTICE, at=due),),
        )

    return resolve
