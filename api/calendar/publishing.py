"""A new edition of the calendar (日历版本): read, its impact told, and put in force by those who may.

The workers carry a stored edition to all cases (``background.publication``); here it is only stored, and looked at.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final

from api.calendar.schemas import ImpactOut, MovedOut, PublicationOut
from api.calendar.years import notice_out
from api.context import AppContext
from api.http.problems import Problem
from domain.calendar import Calendar, CalendarError, Edition, load_edition, published_now
from domain.calendar.instants import day_of
from domain.engine.recount import ClockChange
from domain.log.acts import Acting
from domain.messages import Language, label
from domain.words import Role
from ledger.queries.calendars import OpenClock, Publication
from ledger.reader import Reader
from starter.calendar_impact import Departments, changes, impact_of
from starter.failures import ledger_answers

PUBLISHERS: Final = (Role.OPERATOR,)
"""Who puts an edition in force."""
MOVED: Final = 200
"""So many limits that an edition touches are named one by one."""


def read(text: str, name: str) -> Edition:
    """The edition in a text. Raises Problem 422 with one sentence."""
    try:
        return load_edition(text, name)
    except CalendarError as error:
        raise Problem(422, "invalid", detail=str(error)) from None


def digest_of_edition(edition: Edition) -> str:
    """SHA-256 of an edition as it is written down: names exactly this content."""
    return hashlib.sha256(edition.to_json().encode()).hexdigest()


def impact_out(context: AppContext, edition: Edition, language: Language) -> ImpactOut:
    """What an edition would change; blocking. Raises Problem 422 for one that cannot be published."""
    now = context.known_on()
    with ledger_answers():
        known, after = _with(context, edition, now)
        impact = impact_of(context.reader, after, now)
        moved = [*islice(_moved(context.reader, after, now, language), MOVED + 1)] if impact.groups else []
    told = impact.to_json()
    counts = {name: value for name, value in told.items() if name not in ("as_of", "open_clocks", "moves", "groups")}
    return ImpactOut(
        edition=notice_out(edition),
        digest=digest_of_edition(edition),
        in_force=edition in known.editions,
        as_of=now,
        open_clocks=impact.open_clocks,
        totals=counts,
        moves=told["moves"],
        groups=told["groups"],
        moved=moved[:MOVED],
        more=len(moved) > MOVED,
    )


def publish(context: AppContext, edition: Edition, digest: str, by: Acting, language: Language) -> PublicationOut:
    """Put an edition in force, once: it is the act of ``by``; blocking.

    Raises Problem 409 where it is not the edition that was previewed, or somebody has taken its id for another, and
    422 for one that cannot be published.
    """
    if digest != digest_of_edition(edition):
        raise Problem(409, "stale", detail=label("calendar_page", "not_previewed", language))
    now = context.known_on()
    with ledger_answers():
        there = context.reader.publication(edition.id)
        _, after = _with(context, edition, now)
        if there is None:
            expected = impact_of(context.reader, after, now).total.superseded
            context.writer.store_edition(edition, by, expected)
            if edition not in context.calendar_store.now().editions:
                raise Problem(409, "stale", detail=label("calendar_page", "id_taken", language))
    found = publication_out(context, edition.id)
    assert found is not None
    return found


def publication_out(context: AppContext, edition: str) -> PublicationOut | None:
    """How the publication of an edition goes, counted now; blocking. None for one that was not published here."""
    with ledger_answers():
        found = context.reader.publication(edition)
        return None if found is None else told(found, context.reader)


def told(found: Publication, reader: Reader) -> PublicationOut:
    """A publication as it is told: one that is under way is counted now."""
    return PublicationOut(
        edition=found.edition,
        stored_at=found.stored_at,
        by=found.started_by,
        expected=found.expected,
        superseded=found.superseded if found.finished_at else reader.superseded_by(found.edition),
        finished_at=found.finished_at,
    )


def _with(context: AppContext, edition: Edition, now: datetime) -> tuple[Calendar, Calendar]:
    """The calendar in force, and that with an edition."""
    known = context.calendar_store.now()
    try:
        return known, published_now(known, edition, day_of(now))
    except CalendarError as error:
        raise Problem(422, "invalid", detail=str(error)) from None


def _moved(reader: Reader, calendar: Calendar, now: datetime, language: Language) -> Iterator[MovedOut]:
    departments = Departments(reader)
    for clock, change in changes(reader, calendar, now):
        if change is not None:
            yield _moved_out(clock, change, "、".join(name for _, name in departments.of(clock)), language)


def _moved_out(clock: OpenClock, change: ClockChange, department: str, language: Language) -> MovedOut:
    return MovedOut(
        request_id=clock.request_id,
        number=clock.number,
        clock=clock.id,
        clock_label=label("clock", clock.id, language),
        procedure=clock.procedure,
        procedure_label=label("procedure", clock.procedure, language),
        statute=clock.statute,
        department=department,
        due_date=clock.limit.due_date,
        due_date_then=change.due_date,
        days=change.days,
        superseded=change.superseded,
        newly_overdue=change.newly_overdue,
        becomes_certain=change.becomes_certain,
        becomes_provisional=change.becomes_provisional,
    )
