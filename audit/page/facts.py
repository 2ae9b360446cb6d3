"""What the page tells of: a case as a dossier holds it, read already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from audit.dossier.contents import PackedFile
from audit.dossier.documents import Index
from audit.dossier.proof import LogProof
from audit.known_editions import KnownThen
from domain.calendar import Calendar
from domain.engine.case import Case
from domain.engine.evolve import evolve_all
from domain.engine.records import Algorithm, Clock, RecordedEvent
from domain.log.acts import OperatorAct
from domain.rule_texts import quotes
from domain.statutes.model import Clause, Statute
from domain.words import EventType

PAGE: Final = "dossier.html"
MOST_TOLD: Final = 5_000
"""How many events the page tells one by one; those that follow stand in ``events.jsonl`` alone."""
_BOOKKEEPING: Final = frozenset(
    {
        EventType.CLOCK_STARTED,
        EventType.CLOCK_WARNED,
        EventType.CLOCK_MET,
        EventType.CLOCK_CANCELLED,
        EventType.CLOCK_BREACHED,
        EventType.CLOCK_SUPERSEDED,
    }
)
"""What the part on limits tells."""

_OF_EXTENSIONS: Final = (EventType.EXTENSION_REQUESTED, EventType.EXTENSION_APPROVED, EventType.EXTENSION_DENIED)


@dataclass(frozen=True)
class CaseFacts:
    """A case for its page.

    ``before`` is the case as filed, before anything happened; ``known`` what was known of the calendar at each
    event, by its number. ``files`` are all other files.
    ``operator_acts``: what those who run the engine did about it.
    ``with_persons``: who acted is named. ``history_gone``: the history was disposed of.
    """

    request_id: str
    made_by: str
    algorithm: Algorithm
    application: Mapping[str, Any]
    before: Case
    events: Sequence[RecordedEvent]
    calendar: Calendar
    known: Mapping[int, KnownThen]
    index: Index
    proof: LogProof | None
    operator_acts: Sequence[OperatorAct]
    files: Sequence[PackedFile]
    with_persons: bool
    history_gone: bool = False

    @property
    def statute(self) -> Statute:
        """The statute as it stood when the case was filed."""
        return self.before.statute

    @cached_property
    def case(self) -> Case:
        """The case after all of its events."""
        return evolve_all(self.before, self.events)

    @cached_property
    def acts(self) -> Sequence[RecordedEvent]:
        """What people and the platform did, without what limits did: each is a piece of the dossier."""
        return [event for event in self.events if event.type not in _BOOKKEEPING][:MOST_TOLD]

    @cached_property
    def clocks(self) -> Sequence[tuple[RecordedEvent, Clock]]:
        """Each limit as it stands after all events, with the event that started it."""
        started = (event for event in self.events if event.clock is not None)
        return [(event, self.case.clocks[event.clock.number]) for event in started if event.clock][:MOST_TOLD]

    @cached_property
    def touching(self) -> Mapping[int, Sequence[RecordedEvent]]:
        """The events that say something of a limit that runs already, by its number."""
        found: dict[int, list[RecordedEvent]] = {}
        for event in self.events:
            number = event.data.get("number")
            if isinstance(number, int) and event.clock is None and event.type in _BOOKKEEPING:
                found.setdefault(number, []).append(event)
        return found

    @cached_property
    def extensions(self) -> Sequence[RecordedEvent]:
        """What was asked and decided about longer limits."""
        return [event for event in self.acts if event.type in _OF_EXTENSIONS]

    def number_of(self, seq: int) -> str | None:
        """The number in the dossier of the piece that an event is."""
        place = self._places.get(seq)
        return None if place is None else f"3-{place}"

    @cached_property
    def _places(self) -> Mapping[int, int]:
        return {event.seq: place for place, event in enumerate(self.acts, start=1)}

    def quotes(self, statute: str | None, article: str) -> Sequence[Clause]:
        """What the text of the case has of an article, verbatim, each once; ``statute`` names one above its own."""
        return quotes(self.statute, statute, article)

    def title(self, statute: str | None) -> tuple[str, str]:
        """The title of a regulation that a clause stands in, in Chinese and English, with its document number."""
        text = self.statute.regulations.get(statute or "") or self.statute
        number = (f"（{text.document}）", f" ({text.document})") if text.document else ("", "")
        return f"《{text.title.zh}》{number[0]}", f"{text.title.en}{number[1]}"
