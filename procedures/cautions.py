"""What to see before a command is given, though nothing forbids it (提醒): it is refused for none of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from domain.engine.case import Case
from domain.engine.records import NumberedEvent
from domain.statutes.model import Clause, Statute
from domain.words import EventType
from procedures.share_request.case import ShareRequestCase

LONGER_THAN_ASKED: Final = "longer_than_asked"
"""Data would be given until a later day than was applied for."""


@dataclass(frozen=True)
class Caution:
    """One thing to look at; ``about``: a finding's word or one of ours, ``days``: what its sentence names.

    ``clause``: where the case's text asks for it, if it does.
    """

    about: str
    clause: Clause | None = None
    days: Mapping[str, date] = field(default_factory=dict)


def cautions(case: Case, events: Sequence[NumberedEvent]) -> Iterator[Caution]:
    """What to look at in events that a command would write to a case: the findings in them, and a use for longer."""
    for event in events:
        for finding in event.data.get("findings") or ():
            yield Caution(finding, _asking_for(finding, event.type, case.statute))
    yield from _longer_than_asked(case, events)


def _asking_for(finding: str, of: EventType, statute: Statute) -> Clause | None:
    """The clause that asks an answer for the consent of the provider's side, else an application for what it lacks."""
    if of in (EventType.GRANTED, EventType.REFUSED):
        return statute.answer_consent
    asked = {f"no_{each.field}": each.clause for each in statute.filing.declares}
    return {"no_sealed_document": statute.filing.sealed_document, **asked}.get(finding)


def _longer_than_asked(case: Case, events: Sequence[NumberedEvent]) -> Iterator[Caution]:
    """Where data would be granted, or is proposed to be, beyond the term of use in the application (使用时限)."""
    asked = case.application.use_until if isinstance(case, ShareRequestCase) else None
    terms = [event.data.get("terms") or {} for event in events if event.type in _SAYING_TERMS]
    given = [date.fromisoformat(each["expires_on"]) for each in terms if each.get("expires_on")]
    if asked is not None and given and max(given) > asked:
        clause = _asking_for("no_use_until", EventType.FILED, case.statute)
        yield Caution(LONGER_THAN_ASKED, clause, {"asked": asked, "given": max(given)})


_SAYING_TERMS: Final = (EventType.GRANTED, EventType.TERMS_PROPOSED)
