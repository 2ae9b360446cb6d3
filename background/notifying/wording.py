"""The texts of notifications, in one language; text written by people cannot break their lines."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.engine.lights import Light
from domain.engine.records import ShownClock
from domain.messages import Language, label
from domain.messages.days import day_text
from domain.words import Urgency
from ledger.queries.notified import NotificationKind
from ledger.queries.stuck import Cause
from ledger.queries.views import CaseSummary

MOST_LISTED: Final = 20
"""The most cases listed in a digest."""
LONGEST_WORDS: Final = 80


@dataclass(frozen=True)
class NotificationText:
    """A subject, and the text below it."""

    title: str
    body: str


def one_line(text: str, most: int = LONGEST_WORDS) -> str:
    """Text written by people on one line: without control characters and direction marks, cut to a length."""
    shown = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text)
    line = " ".join(shown.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def told_of_case(
    kind: NotificationKind,
    case: CaseSummary,
    clock: ShownClock | None,
    light: Light,
    level: Urgency | None,
    today: date,
    base: str,
    language: Language,
) -> NotificationText:
    """A limit of a case is nearly due or overdue, or it was urged at a level."""
    name = label("urgency", level, language) if level else label("notification_kind", kind, language)
    title = _filled("title", language, kind=name, resource=one_line(case.resource_name), case=case.request_id)
    parties = f"{one_line(case.requester_name)} / {one_line(case.provider_name)}"
    procedure = label("procedure", case.procedure, language)
    lines = [f"{procedure} {case.request_id}", parties, _where(case, clock, light, today, language)]
    return NotificationText(title, "\n".join([*lines, link_to_case(case.request_id, base)]))


def told_of_hand_over(request_id: str, by: str, base: str, language: Language) -> NotificationText:
    """A colleague handed a case over."""
    title = _filled("handed_over", language, case=request_id, by=one_line(by))
    return NotificationText(title, link_to_case(request_id, base))


def told_of_cause(cause: Cause, base: str, language: Language) -> NotificationText:
    """Something is stuck, and how many share the cause."""
    kind = label("stuck_kind", cause.kind, language)
    title = _filled("stuck", language, kind=kind, cause=one_line(cause.cause), number=cause.number)
    return NotificationText(title, "\n".join(filter(None, [one_line(cause.error or "", 300), f"{base}/stuck"])))


def told_of_day(
    cases: Sequence[tuple[CaseSummary, ShownClock | None, Light, bool]], today: date, base: str, language: Language
) -> NotificationText:
    """The digest of a day: how many cases wait, then the soonest ones; ``True`` marks the recipient's own cases."""
    colours = [light.colour for _, _, light, _ in cases]
    numbers = {"number": len(cases), "amber": colours.count("amber"), "red": colours.count("red")}
    title = _filled("digest", language, day=day_text(today, language), **numbers)
    lines = [
        " ".join(
            filter(
                None,
                [
                    label("notification", "mine", language) if mine else "",
                    one_line(case.resource_name),
                    _where(case, clock, light, today, language),
                    link_to_case(case.request_id, base),
                ],
            )
        )
        for case, clock, light, mine in cases[:MOST_LISTED]
    ]
    if len(cases) > MOST_LISTED:
        lines.append(_filled("more", language, number=len(cases) - MOST_LISTED))
    return NotificationText(title, "\n".join([*lines, f"{base}/desk"]))


def told_of_code(code: str, language: Language) -> NotificationText:
    """The code that confirms an address for mail."""
    return NotificationText(label("notification", "code_subject", language), _filled("code", language, code=code))


def link_to_case(request_id: str, base: str) -> str:
    """The address of a case in the console."""
    return f"{base}/cases/{request_id}"


def signed_off(body: str, base: str, language: Language) -> str:
    """The text of a mail, with the address for changing the settings."""
    return f"{body}\n\n-- \n{label('notification', 'why', language)}\n{base}/desk/notices\n"


def _where(case: CaseSummary, clock: ShownClock | None, light: Light, today: date, language: Language) -> str:
    """The stage of a case, and its most pressing limit."""
    stage = label("stage", case.stage, language)
    if clock is None:
        return stage
    return " ".join(
        [stage, label("clock", clock.id, language), day_text(clock.due_date, language), light.words(language, today)]
    )


def _filled(word: str, language: Language, **values: object) -> str:
    return label("notification", word, language).format(**values)
