"""The record of a case as a dossier holds it: its events, its rules, its calendar, read into what the engine knows."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from audit.dossier.contents import CALENDAR, EVENTS, POLICY, STATUTE, CaseDossier
from audit.verification.lines import lines_in
from audit.verification.results import CheckFailed
from audit.verification.rules import DecidesOtherwise
from domain.calendar import Calendar, CalendarError, load_edition
from domain.engine.records import RecordedEvent
from domain.evidence import NotCanonical, body_of, canonical_json
from domain.policy import Policy
from domain.rule_texts import KNOWN, Kind, RuleText, RuleTextMissing, RuleTextWrong
from domain.statutes.model import Statute

T = TypeVar("T")

MOST_KEPT: Final = 256 << 10
"""How many bytes a statute, a policy or a calendar may have whose reading is kept: the largest of ours has 20,000."""

MOST_EDITIONS: Final = 500
"""So many editions of the calendar a dossier may have: one or two are published a year, and each event asks which."""


@dataclass(frozen=True)
class CaseRecord:
    """What a case's events say, and what they rest on."""

    request_id: str
    events: Sequence[RecordedEvent]
    statute: Statute
    policy: Policy
    calendar: Calendar

    @cached_property
    def _bodies(self) -> Mapping[int, Mapping[str, Any]]:
        return {id(event): body_of(event) for event in self.events}

    def body_of(self, event: RecordedEvent) -> Mapping[str, Any]:
        """What one of the events says, as JSON values, worked out once: several checks compare it."""
        return self._bodies[id(event)]

    @property
    def filed(self) -> RecordedEvent:
        """The first event."""
        return self.events[0]


def events_in(dossier: CaseDossier) -> tuple[RecordedEvent, ...]:
    """The events of a dossier, each on a line in its one form. Raises CheckFailed."""
    events = lines_in(EVENTS, dossier.files[EVENTS], RecordedEvent, "an event", DecidesOtherwise)
    if not events:
        raise CheckFailed(f"{EVENTS} must have an event on each line")
    return events


def rule_text_in(dossier: CaseDossier, name: str) -> RuleText:
    """The statute or the policy of a dossier. Raises CheckFailed for what is not the text that its digest names."""
    return _kept(_rule_text, name, dossier.files[name])


def _rule_text(name: str, content: bytes) -> RuleText:
    said = _json_object(name, content, ("body", "digest", "kind"))
    kind: Kind = "statute" if name == STATUTE else "policy"
    if said["kind"] != kind or not isinstance(said["body"], dict) or not isinstance(said["digest"], str):
        raise CheckFailed(f"{name} holds no {kind}")
    text = RuleText(said["digest"], kind, said["body"])
    try:
        KNOWN.add(text)
    except (RuleTextWrong, NotCanonical):
        raise CheckFailed(f"{name} is not the text that its digest names") from None
    if KNOWN.text(text.digest).body != text.body:
        raise CheckFailed(f"{name} is not the text that its digest names")
    return text


def record_in(dossier: CaseDossier) -> CaseRecord:
    """The whole record. Raises CheckFailed for what cannot be read."""
    events = events_in(dossier)
    statute, policy = rule_text_in(dossier, STATUTE), rule_text_in(dossier, POLICY)
    try:
        return CaseRecord(
            dossier.manifest.request_id,
            events,
            KNOWN.statute(statute.digest),
            KNOWN.policy(policy.digest),
            calendar_in(dossier),
        )
    except (ValidationError, RuleTextMissing):
        raise DecidesOtherwise("this version cannot read the statute or the policy of the dossier") from None


def _kept(read: Callable[[str, bytes], T], name: str, content: bytes) -> T:
    """What a file is read into; that of the files that many dossiers have alike is kept, to the byte."""
    if len(content) > MOST_KEPT:
        return read(name, content)
    found: T = _read_once(read, name, content)
    return found


@lru_cache(maxsize=32)
def _read_once(read: Callable[[str, bytes], Any], name: str, content: bytes) -> Any:
    return read(name, content)


def calendar_in(dossier: CaseDossier) -> Calendar:
    """The calendar of a dossier, with every edition that was known when it was packed. Raises CheckFailed."""
    return _kept(_calendar, CALENDAR, dossier.files[CALENDAR])


def _calendar(name: str, content: bytes) -> Calendar:
    said = _list(_json_object(name, content, ("editions",))["editions"])
    if len(said) > MOST_EDITIONS:
        raise CheckFailed(f"{name} has more than {MOST_EDITIONS} editions")
    try:
        editions = [load_edition(json.dumps(edition), name) for edition in said]
        calendar = Calendar(editions)
    except CalendarError as error:
        raise CheckFailed(f"{name} holds no calendar: {error}") from None
    if list(calendar.editions) != editions:
        raise CheckFailed(f"{name} must have its editions in order of publication")
    return calendar


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise CheckFailed(f"{CALENDAR} holds no list of editions")
    return value


def _json_object(name: str, content: bytes, keys: Sequence[str]) -> Mapping[str, Any]:
    try:
        said = json.loads(content)
        written = f"{canonical_json(said)}\n".encode()
    except (ValueError, RecursionError):
        raise CheckFailed(f"{name} is not JSON that a dossier has") from None
    if written != content:
        raise CheckFailed(f"{name} is not written in its one form: something was added or changed")
    if not isinstance(said, dict) or sorted(said) != sorted(keys):
        raise CheckFailed(f"{name} must have {', '.join(keys)} and nothing else")
    return said
