"""Cautions (提醒): things to look at before giving a command; none of them refuses it."""

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
"""Data would be granted until a later day than was applied for."""


@dataclass(frozen=True)
class Caution:
    """One caution; ``about``: the word of a finding or one of ours; ``days``: the days named in its sentence.

    ``clause``: the clause of the case's text that asks for it, if any.
    """

    about: str
    clause: Clause | None = None
    days: Mapping[str, date] = field(default_factory=dict)


def cautions(case: Case, events: Sequence[NumberedEvent]) -> Iterator[Caution]:
    """The cautions for events that a command would record: their findings, and a longer use than applied for."""
    for event in events:
        for finding in event.data.get("findings") or ():
            yield Caution(finding, _asking_for(finding, event.type, case.statute))
    yield from _longer_than_asked(case, events)


def _asking_for(finding: str, of: EventType, statute: Statute) -> Clause | None:
    """The clause that asks for it: in an answer for the provider's consent, in an application for what is missing."""
    if of in (EventType.GRANTED, EventType.REFUSED):
        return statute.answer_consent
    asked = {f"no_{each.field}": each.clause for each in statute.filing.declares}
    return {"no_sealed_document": statute.filing.sealed_document, **asked}.get(finding)


def _longer_than_asked(case: Case, events: Sequence[NumberedEvent]) -> Iterator[Caution]:
    """The caution if data is granted or proposed beyond the term of use in the application (使用时限)."""
    asked = case.application.use_until if isinstance(case, ShareRequestCase) else None
    terms = [event.data.get("terms") or {} for event in events if event.type in _SAYING_TERMS]
    given = [date.fromisoformat(each["expires_on"]) for each in terms if each.get("expires_on")]
    if asked is not None and given and max(given) > asked:
        clause = _asking_for("no_use_until", EventType.FILED, case.statute)
        yield Caution(LONGER_THAN_ASKED, clause, {"asked": asked, "given": max(given)})


_SAYING_TERMS: Final = (EventType.GRANTED, EventType.TERMS_PROPOSED)
