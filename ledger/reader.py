"""All that doors ask of the ledger: one object, a question a method, grouped by who asks.

Each question is one of ``ledger/queries``; doors know neither tables nor connections. Every method blocks, sees what is
committed at that moment, and raises one of ``ledger.failures.DATABASE_FAILED`` when the database does not answer.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from domain.access import Visibility
from domain.calendar import Calendar
from domain.engine.records import RecordedEvent
from domain.log.acts import OperatorAct
from domain.stuck import StuckKind, Trouble
from ledger.assessment_book import AssessmentBook
from ledger.calendar_store import CalendarStore
from ledger.engine import USUALLY_NAMED, Engine, connect, ping
from ledger.log_book import LogBook
from ledger.queries import (
    acts,
    archive,
    attachments,
    audited,
    backups,
    calendars,
    cases,
    citing,
    confirmed,
    counting,
    desk,
    disputing,
    events,
    feeds,
    messages,
    notes,
    outbox_position,
    received,
    resources,
    retention,
    sessions,
    stuck,
    supervising,
)
from ledger.queries.archive import ArchivedRun, WaitingForArchive
from ledger.queries.attachments import Attachment
from ledger.queries.audited import AuditedCase, AuditedPage
from ledger.queries.beside import Beside
from ledger.queries.calendars import OpenClock, Place, Publication
from ledger.queries.citing import CitedArticle
from ledger.queries.desk import CaseClaim, Deed, StandIn
from ledger.queries.disputing import DisputedCase, DisputePlace
from ledger.queries.messages import MessageFilter, Stretch
from ledger.queries.notes import Note
from ledger.queries.received import Access, Arrival, Received, ReceivedFilter, ReceivedPage
from ledger.queries.resources import KnownResource, SubmittedEntry
from ledger.queries.retention import RetainedCase
from ledger.queries.supervising import Chosen, Moment, Supervised
from ledger.queries.views import CaseDetail, CaseFilter, CaseSummary, Counts, Held, ListSize, Page, WorklistFilter
from ledger.rule_text_store import RuleTextStore
from ledger.schema_check import require_schema, schema_of
from ledger.seal_book import SealBook
from ledger.stuck_book import StuckBook


class Reader:
    """The ledger, to be read. ``engine`` is for whoever owns the connection; safe for many threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._texts = RuleTextStore(engine)

    def close(self) -> None:
        """Give every connection back; for whoever made the reader for itself alone."""
        self.engine.dispose()

    # Whoever looks at a case

    def case(self, request_id: str) -> CaseDetail | None:
        """The case with its clocks and what it was filed with, or None."""
        return self._with_its_texts(cases.get_case(self.engine, request_id))

    def events(self, request_id: str, after: int = 0, limit: int | None = None) -> tuple[RecordedEvent, ...]:
        """The events of a case with a number above ``after``, in order; none for an unknown case."""
        return events.events_of(self.engine, request_id, after, limit)

    def openings(self, request_id: str, until: int) -> tuple[RecordedEvent, ...]:
        """The events up to a number that say which other cases follow from one, in order."""
        return events.openings_of(self.engine, request_id, until)

    def access(self, request_id: str) -> Access | None:
        """What was heard of the access to a case's data, or None when nothing was."""
        return received.access_of(self.engine, request_id)

    def notes(
        self, request_id: str, sides: Collection[str], cursor: str | None = None, limit: int = 50
    ) -> tuple[Sequence[Note], str | None]:
        """The notes beside a case that are for one of these sides or for all, the newest first. Raises BadCursor."""
        return notes.notes_of(self.engine, request_id, sides, cursor, limit)

    # Whoever has many: lists and worklists

    def cases(self, wanted: CaseFilter | None = None, cursor: str | None = None, limit: int = 50) -> Page:
        """The cases that ``wanted`` lets through, latest filing first; ``limit`` is held to 1..500. Raises BadCursor.

        Walking the cursors shows each case that was there at the start exactly once, whatever is filed meanwhile.
        """
        return cases.list_cases(self.engine, wanted, cursor, limit)

    def worklist(
        self, waiting: Sequence[WorklistFilter], cursor: str | None = None, limit: int = 50, held: Held | None = None
    ) -> Page:
        """The open cases that one of ``waiting`` lets through, the most pressing deadline first. Raises BadCursor.

        No filter gives no case. ``limit`` is held to 1..500. ``held``: only those that somebody, or nobody, claimed.
        """
        return cases.worklist(self.engine, waiting, cursor, limit, held)

    def size_of_worklist(
        self, waiting: Sequence[WorklistFilter], held: Held | None, now: datetime, end_of_today: datetime
    ) -> ListSize:
        """How many cases :meth:`worklist` has, late and due today; counted as far as a badge holds."""
        return cases.size_of_worklist(self.engine, waiting, held, now, end_of_today)

    def size_of_list(self, wanted: CaseFilter) -> ListSize:
        """How many cases :meth:`cases` has; counted as far as a badge holds."""
        return cases.size_of_list(self.engine, wanted)

    def claims(self, unit: str, request_ids: Collection[str]) -> Mapping[str, CaseClaim]:
        """Who of a department does these cases; those that nobody does are left out."""
        return desk.claims_of(self.engine, unit, request_ids)

    def officers(self, unit: str) -> Sequence[str]:
        """Who is known to work in a department, in order of names."""
        return desk.officers_of(self.engine, unit)

    def stand_ins(self, unit: str, since: date) -> Sequence[StandIn]:
        """The stand-ins of a department that last until a day or longer."""
        return desk.stand_ins(self.engine, unit, since)

    def deeds(self, officer: str, org: str | None, visibility: Visibility, limit: int) -> Sequence[Deed]:
        """The last things that somebody did in cases that ``visibility`` covers, the newest first."""
        return desk.deeds_of(self.engine, officer, org, visibility, limit)

    def supervised(self, visibility: Visibility, moment: Moment, until: date) -> Supervised:
        """How many open cases stand where, in how many a limit ends on each day until one, and how duties stand."""
        return supervising.supervised(self.engine, visibility, moment, until)

    def chosen_cases(
        self, visibility: Visibility, moment: Moment, chosen: Chosen, cursor: str | None, limit: int
    ) -> tuple[int, Page]:
        """How many cases a number of :meth:`supervised` counts, and a page of them, soonest due first; BadCursor."""
        return supervising.chosen_cases(self.engine, visibility, moment, chosen, cursor, limit)

    @property
    def assessments(self) -> AssessmentBook:
        """What came of the cases of a period (考核), and of which."""
        return AssessmentBook(self.engine)

    @property
    def seals(self) -> SealBook:
        """The assessments that were sealed (封存考核), and what has changed since."""
        return SealBook(self.engine)

    def disputed_cases(
        self, visibility: Visibility, where: Sequence[DisputePlace], cursor: str | None, limit: int
    ) -> tuple[Sequence[DisputedCase], str | None]:
        """So many open cases in some stages, each with its events, soonest due first; the next cursor. BadCursor."""
        return disputing.disputed_cases(self.engine, visibility, where, cursor, limit)

    # Whoever reads the law

    def citations(self, statute: str, visibility: Visibility) -> Mapping[CitedArticle, int]:
        """How many of the newest cases in sight under a statute cite each article."""
        return citing.citations(self.engine, statute, visibility)

    def citing_cases(
        self, statute: str, cited: CitedArticle, visibility: Visibility, limit: int
    ) -> tuple[CaseSummary, ...]:
        """Those of the newest cases in sight under a statute that cite an article, the latest filing first."""
        return citing.citing_cases(self.engine, statute, cited, visibility, limit)

    def known_resources(
        self, visibility: Visibility, code: str | None, cursor: str | None
    ) -> tuple[Sequence[KnownResource], str | None]:
        """Resources by the newest case in sight of each, and the cursor of what follows. Raises BadCursor."""
        return resources.known_resources(self.engine, visibility, code, cursor)

    def submitted_entries(self, visibility: Visibility) -> Sequence[SubmittedEntry]:
        """The entries that the newest changes of the catalogue in sight submitted last."""
        return resources.submitted_entries(self.engine, visibility)

    # Whoever repeats a call: what came of a key

    def case_filed_under(self, filing_key: str) -> CaseDetail | None:
        """The case that was filed under the caller's key, or None."""
        return self._with_its_texts(cases.case_by_filing_key(self.engine, filing_key))

    def _with_its_texts(self, case: CaseDetail | None) -> CaseDetail | None:
        if case is not None:
            self._texts.fetch_what_is_there(case.statute_digest, case.policy_digest)
        return case

    def events_of_key(self, request_id: str, key: str) -> tuple[RecordedEvent, ...]:
        """All events that the filing or command with that recorded key caused in a case, in order."""
        return events.events_by_key(self.engine, request_id, key)

    def events_of_caller_key(self, request_id: str, caller_key: str) -> tuple[RecordedEvent, ...]:
        """All events of the command that a caller sent under its own key, whatever was sent with it, in order."""
        return events.events_by_caller_key(self.engine, request_id, caller_key)

    # Whoever follows what happens

    def messages(self, visibility: Visibility, after: int, limit: int, wanted: MessageFilter) -> Stretch:
        """The first ``limit`` messages after a position of the outbox that ``visibility`` covers, in order."""
        return messages.visible_messages(self.engine, visibility, after, limit, wanted)

    def newest_message(self) -> int:
        """The id of the newest message; 0 when there is none."""
        return outbox_position.newest_message(self.engine)

    def cases_told_after(self, after: int) -> tuple[int, frozenset[str]]:
        """The newest id of the next messages after an id (that id itself when there are none), and their cases."""
        return outbox_position.requests_told_after(self.engine, after)

    @property
    def beside(self) -> Beside:
        """What changes beside cases without an event: claims and notes."""
        return Beside(self.engine)

    # Other systems: what they told, what they brought

    def received_before(self, arrival: Arrival) -> Received | None:
        """The event that came before from this sender with this source and id, or None."""
        return received.find_received(self.engine, arrival)

    def received(self, visibility: Visibility, wanted: ReceivedFilter, cursor: str | None, limit: int) -> ReceivedPage:
        """Events of other systems that had an effect and that ``visibility`` covers, latest first; raises BadCursor."""
        return received.list_received(self.engine, visibility, wanted, cursor, limit)

    def attachment(self, sha256: str, org: str | None, visibility: Visibility | None) -> Attachment | None:
        """A content that ``org`` brought, or that is named where ``visibility`` reaches (None: anywhere); else None."""
        return attachments.attachment_for(self.engine, sha256, org, visibility)

    def brought_by(self, digests: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Of each of these contents that anybody has brought, the codes of who has, in capitals."""
        return attachments.brought_by(self.engine, digests)

    # Who is signed in at the console

    def bearer_of(self, digest: str, used: bool = True) -> Mapping[str, Any] | None:
        """Who bears the session of this digest, and None for one that is over; that it was ``used`` is noted."""
        return sessions.bearer_of(self.engine, digest, used)

    def lasting_sessions(self, digests: Collection[str]) -> frozenset[str]:
        """Those of some sessions that still last."""
        return sessions.lasting_sessions(self.engine, digests)

    def feed_since(self, owner: str) -> datetime | None:
        """Since when somebody has a feed of the calendar; None without one."""
        return feeds.feed_since(self.engine, owner)

    def bearer_of_feed(self, digest: str) -> Mapping[str, Any] | None:
        """Whose feed of the calendar has this digest; None for one that is revoked, or that nobody follows any more."""
        return feeds.bearer_of_feed(self.engine, digest)

    # Whoever counts days

    def calendar(self) -> Calendar:
        """The calendar in force: the packaged editions and those stored here. Raises CalendarError."""
        return self.calendar_store().now()

    def calendar_store(self, packaged: Calendar | None = None) -> CalendarStore:
        """The calendar in force for whoever asks often; ``packaged`` is what comes with this version."""
        return CalendarStore(self.engine, packaged)

    def publications(self) -> tuple[Publication, ...]:
        """How the publication of each edition stored here goes, in the order in which they began."""
        return calendars.publications(self.engine)

    def publication(self, edition: str) -> Publication | None:
        """How the publication of one edition goes; None when it was not published here."""
        return calendars.publication(self.engine, edition)

    def superseded_by(self, edition: str) -> int:
        """How many clocks were superseded because of an edition by now."""
        return calendars.superseded_by(self.engine, edition)

    def open_clocks(self, after: Place | None = None, limit: int = 500) -> tuple[OpenClock, ...]:
        """The open clocks of open cases, earliest deadline first, from a place on."""
        return calendars.open_clocks(self.engine, after, limit)

    def statute_of(self, request_id: str) -> dict[str, object]:
        """The statute that a case was filed with, as data."""
        return calendars.statute_of(self.engine, request_id)

    # Whoever audits

    def audited_case(self, request_id: str) -> AuditedCase | None:
        """A case whole, with what it was filed with and all of its events, or None."""
        found = audited.audited_case(self.engine, request_id)
        if found is not None:
            self._texts.fetch_what_is_there(found.statute_digest, found.policy_digest)
        return found

    def audited(self, wanted: CaseFilter, cursor: str | None = None, limit: int = 100) -> AuditedPage:
        """Whole cases that ``wanted`` lets through, walked through as those of :meth:`cases`. Raises BadCursor."""
        page = audited.audited_cases(self.engine, wanted, cursor, limit)
        self._texts.fetch_what_is_there(*{d for case in page.cases for d in (case.statute_digest, case.policy_digest)})
        return page

    @property
    def log(self) -> LogBook:
        """The log of all events and acts, its proofs and its checkpoints."""
        return LogBook(self.engine)

    def archived_runs(self, request_id: str) -> tuple[ArchivedRun, ...]:
        """The runs of a case whose histories are archived, in the order in which they ended."""
        return archive.archived_runs(self.engine, request_id)

    def acts(self, request_id: str) -> tuple[OperatorAct, ...]:
        """The acts of those who run the engine that are about a case, in order."""
        return acts.acts_of(self.engine, request_id)

    def all_acts(self, cursor: str | None = None, limit: int = 50) -> tuple[Sequence[OperatorAct], str | None]:
        """So many acts, the newest first, and the cursor of the following page. Raises BadCursor."""
        return acts.list_acts(self.engine, cursor, limit)

    def backed_up(self) -> backups.BackedUp:
        """How far the ledger is kept for a day on which its disk is gone."""
        return backups.backed_up(self.engine)

    def waiting_for_archive(self) -> WaitingForArchive:
        """How many cases are still to be archived, and since when."""
        return archive.waiting_for_archive(self.engine)

    def retained(self, request_id: str) -> RetainedCase | None:
        """What is kept of a case beside the ledger, whether it is held, what has gone; None for an unknown case."""
        return retention.retained_case(self.engine, request_id)

    def closed_until(self, until: datetime, after: tuple[datetime, str] | None, limit: int) -> list[RetainedCase]:
        """The cases that were closed until an instant, those first that have been longest, from a place on."""
        return retention.closed_until(self.engine, until, after, limit)

    def causes(self, visibility: Visibility) -> list[stuck.Cause]:
        """Why things are stuck among what somebody may see: each cause with how many share it."""
        return stuck.causes(self.engine, visibility)

    def troubles(
        self,
        visibility: Visibility,
        cause: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
        kinds: Collection[StuckKind] = stuck.EVERY_KIND,
    ) -> stuck.TroublePage:
        """What is stuck, of these kinds and one cause or any, those first that have been longest. Raises BadCursor."""
        return stuck.troubles(self.engine, visibility, cause, cursor, limit, kinds)

    @property
    def stuck_book(self) -> StuckBook:
        """What is stuck, for those who do something about it."""
        return StuckBook(self.engine)

    def troubles_of(self, subject: str) -> list[Trouble]:
        """All that holds one subject up, the oldest first."""
        return stuck.troubles_of(self.engine, subject)

    # Whoever watches over the ledger itself

    def counts(self, since: int | None = None) -> Counts:
        """Figures of the moment, and what became of limits since a position (None: from now on)."""
        return counting.counts(self.engine, since)

    def ping(self) -> None:
        """Nothing, when the database answers."""
        ping(self.engine)

    def moment(self) -> datetime:
        """What the database's own clock says."""
        return confirmed.moment(self.engine)

    def schema(self) -> str | None:
        """The schema that the database has; None: no tables yet."""
        return schema_of(self.engine)


@contextmanager
def reader_at(url: str, named: str = USUALLY_NAMED) -> Iterator[Reader]:
    """A reader of the ledger at an address, which the setting ``named`` says, while inside; with one connection.

    Raises LedgerUnavailable, also for a schema on which this version does not work.
    """
    reader = Reader(connect(url, pool_size=1, named=named))
    try:
        require_schema(reader.engine)
        yield reader
    finally:
        reader.close()
