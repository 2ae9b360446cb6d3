"""What happened in a case, as its page tells it: events, limits day by day, the drawing, rounds, what was changed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from markupsafe import Markup

from api.accounts.account import Account, Replaced, Round, stays_until
from api.accounts.endpoints import CaseTold
from audit.page.drawing import DayBar, Drawing, limit_bar, months_of
from console.said import actor_text, field_name, said_lines, value_text
from domain.calendar import day_of
from domain.carried_clauses import carried_out
from domain.clocks import ClockId
from domain.engine.case import Case
from domain.engine.lights import light_of
from domain.engine.records import RecordedEvent
from domain.messages import Language, event_label, label, words
from domain.messages.days import day_text
from domain.rule_texts import quotes
from domain.statutes.model import Statute
from domain.words import Role, Stage
from starter.documents.wording import limit_text

ROWS: Final = 40
"""So many events are told at first; the page leads to those before."""
MOST_LANES: Final = 60
"""So many stages and limits are drawn under one month; the tables beside have all."""
FAR_AHEAD: Final = 366
"""A last day that lies further ahead than so many days is not drawn."""


def story(told: CaseTold, now: datetime, before: int | None, language: Language) -> Mapping[str, Any]:
    """All of it; ``before``: of the events those before that number."""
    account, statute = told.account, told.case.statute_then
    events = [event for event in account.recorded.events if before is None or event.seq < before]
    shown = events[-ROWS:]
    case = told.case
    parties = {case.requester_code: case.requester_name, case.provider_code: case.provider_name}
    return {
        "events": [
            {
                **event_told(event, account.examined.case, account.stage_before(event), language, parties),
                "org": parties.get(event.actor.org or "", event.actor.org) or "",
            }
            for event in shown
        ],
        "earlier": (shown[0].seq, len(events) - len(shown)) if len(events) > len(shown) else None,
        "later": before is not None,
        "limits": _limits(told, now, language),
        "drawn": days_drawn(account, now, language),
        "stages": [(it, label("stage", it.stage, language)) for it in account.stages],
        "rounds": [_round(it, statute, language) for it in account.rounds],
        "changes": [_change(it, statute, language) for it in account.changes],
    }


def event_told(
    event: RecordedEvent,
    case: Case,
    before: Stage | None,
    language: Language,
    parties: Mapping[str, str] = MappingProxyType({}),
) -> Mapping[str, Any]:
    """An event in words, with what its article says, first what is carried out of it.

    ``before``: the stage in which it came; ``parties``: what those are called whose code it has.
    """
    quoted = quotes(case.statute, event.statute, event.article) if event.article else ()
    meant = carried_out(event, case, before)
    return {
        "event": event,
        "label": event_label(event.type, event.data, language),
        "role": actor_text(event.actor, language),
        "reason": reason_told(event, language),
        "said": said_in(event, case.statute, language, parties),
        "clock": clock_told(event, language),
        "late": event.data.get("late") is True,
        "quotes": meant,
        "other_quotes": [each for each in quoted if each not in meant],
    }


def said_in(
    event: RecordedEvent, statute: Statute, language: Language, parties: Mapping[str, str]
) -> Sequence[tuple[str, str]]:
    """What an event says besides its limit and its reason, each by its name."""
    reason = event.data.get("reason")
    apart = {"clock", "late", *(["reason"] if isinstance(reason, str) else [])}
    said = {
        name: parties.get(value, value) if isinstance(value, str) else value
        for name, value in event.data.items()
        if name not in apart
    }
    return said_lines(said, language, statute)


def clock_told(event: RecordedEvent, language: Language) -> str | None:
    """The limit that an event is about; None for one that is about none."""
    clock = event.clock.id if event.clock else event.data.get("clock")
    return label("clock", clock, language) if clock in set(ClockId) else None


def reason_told(event: RecordedEvent, language: Language) -> str | None:
    """Why something happened: in somebody's words, or in ours where a limit gave way to another; None for no reason."""
    reason = event.data.get("reason")
    if not isinstance(reason, str):
        return None
    why, _, edition = reason.partition(":")
    if why not in words("superseded_for"):
        return reason
    return f"{label('superseded_for', why, language)} {edition}".strip()


def _limits(told: CaseTold, now: datetime, language: Language) -> Sequence[Mapping[str, Any]]:
    account, warnings = told.account, told.case.policy_then.warnings
    days = account.calendar.as_known_on(day_of(now))
    found = []
    for clock in account.clocks:
        light = light_of(clock, now, days, warnings)
        found.append(
            {
                "clock": clock,
                "label": label("clock", clock.id, language),
                "state": label("clock_state", clock.state, language),
                "basis": label("basis", clock.basis, language),
                "length": limit_text(clock, language),
                "light": light,
                "light_words": light.words(language, day_of(now)),
                "days": [
                    (row, row.text_zh if language == "zh" else row.text_en)
                    for row in account.counted[clock.number].days
                ],
            }
        )
    return found


def days_drawn(account: Account, now: datetime, language: Language) -> Mapping[str, Any]:
    """The months of the case, and how many are left out: stages above, limits by their numbers below."""
    events = account.recorded.events
    last = max(events[-1].at, now) if account.stages and account.stages[-1].until is None else events[-1].at
    stages = [
        DayBar(label("stage", it.stage, language)[:5], day_of(it.since), day_of(stays_until(it, last)))
        for it in account.stages
    ]
    limits = [limit_bar(str(clock.number), clock) for clock in account.clocks]
    ends = [bar.due for bar in limits if bar.due and (bar.due - day_of(events[-1].at)).days < FAR_AHEAD]
    busy = {*(day_of(event.at) for event in events), *(bar.start for bar in limits), *ends}
    months, left_out = months_of(busy)
    drawing = Drawing(account.calendar.as_known_on(None), _marks(events), [*stages, *limits], MOST_LANES)
    # Made of elements of ours alone, in which every text is escaped.
    return {"months": [Markup(drawing.month(month)) for month in months], "left_out": left_out}


def _marks(events: Iterable[RecordedEvent]) -> Mapping[date, str]:
    """The numbers of the events of each day."""
    found: dict[date, list[int]] = {}
    for event in events:
        found.setdefault(day_of(event.at), []).append(event.seq)
    return {day: str(each[0]) if len(each) == 1 else f"{each[0]}–{each[-1]}" for day, each in found.items()}


def _round(it: Round, statute: Statute, language: Language) -> Mapping[str, Any]:
    """A round with what each side said in it: the requester, the provider, and whoever is above both."""
    sides: dict[str, list[Mapping[str, Any]]] = {"requester": [], "provider": [], "above": []}
    for each in it.said:
        role = each.event.actor.role
        side = role.value if role in (Role.REQUESTER, Role.PROVIDER) else "above"
        parts = [
            (field_name(name, language), value_text(name, value, language, statute))
            for name, value in each.parts
            if value
        ]
        told = {"event": each.event, "label": label("event", each.event.type, language), "parts": parts}
        sides[side].append({**told, "role": label("role", role, language)})
    return {"number": it.number, **sides}


def _change(it: Replaced, statute: Statute, language: Language) -> Mapping[str, Any]:
    if it.clock is None:
        before, after = (value_text(it.name, value, language, statute) for value in (it.before, it.after))
        return {"event": it.event, "name": field_name(it.name, language), "before": before, "after": after, "why": ""}
    why, _, edition = (it.why or "").partition(":")
    said = label("superseded_for", why, language) if why in words("superseded_for") else why
    return {
        "event": it.event,
        "name": label("clock", it.clock.id, language),
        "before": day_text(it.before, language),
        "after": day_text(it.after, language),
        "why": f"{said} {edition}".strip(),
    }
