"""An engine on paper that counts limits while notices are entered in it, in whatever order that happens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from audit.known_editions import BY_CALENDAR
from audit.verification.record import CaseRecord
from audit.verification.replayed import HeardRecount
from domain.calendar import CHINA, Calendar, DayKind, Edition
from domain.engine.deadlines import order_again, resolve
from domain.engine.records import Clock, ClockOrder, RecordedEvent
from domain.words import EventType
from protocol.messages import Recount

FIRST_DAY = date(2026, 11, 10)
OWN = Edition(
    id="2027b", year=2027, published=date(2026, 11, 20), title="通知", notice="https://example.org/",
    days={date(2027, 1, 4): "off", date(2027, 1, 5): "off", date(2026, 12, 31): "off"},
)  # fmt: skip
MOVED: Mapping[date, DayKind] = {date(2027, 1, 4): "work", date(2027, 1, 6): "off"}
AMENDED = replace(OWN, id="2027c", published=date(2026, 12, 3), amends="2027b", days=MOVED)
EARLIER = Edition(
    id="2026b", year=2026, published=date(2026, 11, 18), title="通知", notice="https://example.org/", amends="2026",
    days={date(2026, 12, 7): "off", date(2026, 12, 8): "off"},
)  # fmt: skip
ENTERED = Calendar((*Calendar.packaged().editions, OWN, AMENDED))
OF_BOTH_YEARS = ENTERED.with_edition(EARLIER)


@dataclass
class CountedLife:
    """What was recorded, the orders of the limits by the number of the event, and what was asked when one moved."""

    events: list[RecordedEvent] = field(default_factory=list)
    orders: dict[int, ClockOrder] = field(default_factory=dict)
    recounts: list[HeardRecount] = field(default_factory=list)


def life(record: CaseRecord, acts: Sequence[tuple[int, int]], entering: Sequence[Edition]) -> CountedLife:
    """An engine that counts a limit of so many working days after so many days; 0: it enters the next notice.

    Running limits that a notice changes are counted again, as an engine does.
    """
    lived, had, at = CountedLife(), {edition.id for edition in Calendar.packaged().editions}, FIRST_DAY
    events, close = lived.events, record.policy.close_of_business
    model = next(event.clock for event in record.events if event.clock)
    running = dict[int, ClockOrder]()

    def counted(order: ClockOrder) -> Clock:
        missing = {edition.id for edition in record.calendar.editions} - had
        return resolve(order, record.calendar.as_known_on(at, missing), close)

    def add(type_: EventType, clock: Clock | None = None, **data: object) -> None:
        instant = datetime.combine(at, datetime.min.time(), CHINA) + timedelta(hours=10)
        said = {"seq": len(events) + 1, "at": instant, "type": type_, "clock": clock, "key": None, "data": data}
        events.append(record.events[0].model_copy(update=said))

    def start(order: ClockOrder) -> None:
        running[order.number] = lived.orders[len(events) + 1] = order
        add(EventType.CLOCK_STARTED, counted(order))

    for days, amount in acts:
        at += timedelta(days=days)
        if amount:
            begun = datetime.combine(at, datetime.min.time(), CHINA) + timedelta(hours=10)
            said = {"number": len(events) + 1, "started_at": begun, "amount": amount}
            more = {"warn_before": (3, 1), "ladder": record.policy.ladder}
            start(order_again(model.model_copy(update=said)).model_copy(update=more))
            continue
        news = next((each for each in entering if each.id not in had and each.published <= at), None)
        if news is None:
            continue
        before = {number: counted(order) for number, order in running.items()}
        had.add(news.id)
        asked = [order_again(clock) for clock in before.values()]
        answer = [counted(order) for order in asked]
        recount = Recount(orders=asked, known_on=at, close_of_business=close)
        lived.recounts.append(HeardRecount(len(events), news.id, recount, answer))
        for (number, old), fresh in zip(before.items(), answer, strict=True):
            if (fresh.due_at, fresh.provisional) != (old.due_at, old.provisional):
                add(EventType.CLOCK_SUPERSEDED, number=number, reason=f"{BY_CALENDAR}{news.id}")
                instead = {"number": len(events) + 1, "supersedes": number}
                start(running.pop(number).model_copy(update=instead))
    return lived
