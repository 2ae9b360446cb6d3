"""All queries of doors on the ledger: one object with a method for each query, grouped by caller.

Each method calls a function of ``ledger/queries``; doors know neither tables nor connections. Every method blocks, sees
what is committed by then, and raises one of ``ledger.failures.DATABASE_FAILED`` if the database does not answer.
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
from ledger.paper_book import PaperBook
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
    """Read access to the ledger, safe for many threads.

    ``engine`` is for the owner of the connections; ``log`` is the log of all events and acts, with its proofs.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.log, self.papers = LogBook(engine), PaperBook(engine)
        self._texts = RuleTextStore(engine)

    def close(self) -> None:
        """Close all connections; for callers that made the reader for themselves alone."""
        self.engine.dispose()

    # One case

    def case(self, request_id: str) -> CaseDetail | None:
        """The case with its clocks and what it was filed with, or None."""
        return self._with_its_texts(cases.get_case(self.engine, request_id))

    def events(self, request_id: str, after: int = 0, limit: int | None = None) -> tuple[RecordedEvent, ...]:
        """The events of a case with a number above ``after``, in order; none for an unknown case."""
        return events.events_of(self.engine, request_id, after, limit)

    def openings(self, request_id: str, until: int) -> tuple[RecordedEvent, ...]:
        """The events of a case, up to a number, that opened other cases, in order."""
        return events.openings_of(self.engine, request_id, until)

    def access(self, request_id: str) -> Access | None:
        """The reported access to a case's data, or None if nothing was reported."""
        return received.access_of(self.engine, request_id)

    def notes(
        self, request_id: str, sides: Collection[str], cursor: str | None = None, limit: int = 50
    ) -> tuple[Sequence[Note], str | None]:
        """The notes on a case for one of these sides or for all, newest first. Raises BadCursor."""
        return notes.notes_of(self.engine, request_id, sides, cursor, limit)

    # Lists and worklists

    def cases(self, wanted: CaseFilter | None = None, cursor: str | None = None, limit: int = 50) -> Page:
        """The cases that match ``wanted``, latest filing first; ``limit`` is clamped to 1..500. Raises BadCursor.

        Following the cursors shows each case that existed at the start exactly once, whatever is filed meanwhile.
        """
        return cases.list_cases(self.engine, wanted, cursor, limit)

    def worklist(
        self, waiting: Sequence[WorklistFilter], cursor: str | None = None, limit: int = 50, held: Held | None = None
    ) -> Page:
        """The open cases that match one of ``waiting`` (none without one), earliest deadline first. Raises BadCursor.

        ``limit`` is clamped to 1..500. ``held``: only those that somebody, or nobody, has claimed.
        """
        return cases.worklist(self.engine, waiting, cursor, limit, held)

    def size_of_worklist(
        self, waiting: Sequence[WorklistFilter], held: Held | None, now: datetime, end_of_today: datetime
    ) -> ListSize:
        """The size of :meth:`worklist`, with how many are late and due today; counted up to a limit."""
        return cases.size_of_worklist(self.engine, waiting, held, now, end_of_today)

    def size_of_list(self, wanted: CaseFilter) -> ListSize:
        """The size of :meth:`cases`, counted up to a limit."""
        return cases.size_of_list(self.engine, wanted)

    def claims(self, unit: str, request_ids: Collection[str]) -> Mapping[str, CaseClaim]:
        """A department's claims on these cases; unclaimed cases are left out."""
        return desk.claims_of(self.engine, unit, request_ids)

    def officers(self, unit: str) -> Mapping[str, str | None]:
        """The officers known in a department by sign-in name, each with their own name, if known."""
        return desk.officers_of(self.engine, unit)

    def stand_ins(self, unit: str, since: date) -> Sequence[StandIn]:
        """The stand-ins of a department that last until a day or longer."""
        return desk.stand_ins(self.engine, unit, since)

    def deeds(self, officer: str, org: str | None, visibility: Visibility, limit: int) -> Sequence[Deed]:
        """What somebody last did in visible cases, newest first."""
        return desk.deeds_of(self.engine, officer, org, visibility, limit)

    def supervised(self, visibility: Visibility, moment: Moment, until: date) -> Supervised:
        """Counts of open cases, of limits that end on each day until a given one, and of duties."""
        return supervising.supervised(self.engine, visibility, moment, until)

    def chosen_cases(
        self, visibility: Visibility, moment: Moment, chosen: Chosen, cursor: str | None, limit: int
    ) -> tuple[int, Page]:
        """How many cases such a count covers, and a page of them, soonest due first. Raises BadCursor."""
        return supervising.chosen_cases(self.engine, visibility, moment, chosen, cursor, limit)

    @property
    def assessments(self) -> AssessmentBook:
        """Assessments (考核) of the cases of a period."""
        return AssessmentBook(self.engine)

    @property
    def seals(self) -> SealBook:
        """Sealed assessments (封存考核), and what has changed since."""
        return SealBook(self.engine)

    def disputed_cases(
        self, visibility: Visibility, where: Sequence[DisputePlace], cursor: str | None, limit: int
    ) -> tuple[Sequence[DisputedCase], str | None]:
        """A page of open cases in some stages with events, soonest due first, and the next cursor. Raises BadCursor."""
        return disputing.disputed_cases(self.engine, visibility, where, cursor, limit)

    # Use of texts and resources

    def citations(self, statute: str, visibility: Visibility) -> Mapping[CitedArticle, int]:
        """For each article, how many of the newest visible cases under a statute cite it."""
        return citing.citations(self.engine, statute, visibility)

    def citing_cases(
        self, statute: str, cited: CitedArticle, visibility: Visibility, limit: int
    ) -> tuple[CaseSummary, ...]:
        """The newest visible cases under a statute that cite an article, latest filing first."""
        return citing.citing_cases(self.engine, statute, cited, visibility, limit)

    def known_resources(
        self, visibility: Visibility, code: str | None, cursor: str | None
    ) -> tuple[Sequence[KnownResource], str | None]:
        """Resources, each by its newest visible case, and the next cursor. Raises BadCursor."""
        return resources.known_resources(self.engine, visibility, code, cursor)

    def submitted_entries(self, visibility: Visibility) -> Sequence[SubmittedEntry]:
        """The entries last submitted by the newest visible changes of the catalogue."""
        return resources.submitted_entries(self.engine, visibility)

    # Repeated calls: the result of a key

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

    # Followers of events

    def messages(self, visibility: Visibility, after: int, limit: int, wanted: MessageFilter) -> Stretch:
        """The first ``limit`` visible messages after a position of the outbox, in order."""
        return messages.visible_messages(self.engine, visibility, after, limit, wanted)

    def newest_message(self) -> int:
        """The id of the newest message; 0 if there is none."""
        return outbox_position.newest_message(self.engine)

    def cases_told_after(self, after: int) -> tuple[int, frozenset[str]]:
        """The newest id of the next messages after an id (or that id, if there are none), and their cases."""
        return outbox_position.requests_told_after(self.engine, after)

    @property
    def beside(self) -> Beside:
        """Changes beside cases that are not events: claims and notes."""
        return Beside(self.engine)

    # Other systems: received events and attachments

    def received_before(self, arrival: Arrival) -> Received | None:
        """The stored event with this sender, source and id, or None."""
        return received.find_received(self.engine, arrival)

    def received(self, visibility: Visibility, wanted: ReceivedFilter, cursor: str | None, limit: int) -> ReceivedPage:
        """Visible events of other systems that had an effect, latest first. Raises BadCursor."""
        return received.list_received(self.engine, visibility, wanted, cursor, limit)

    def attachment(self, sha256: str, org: str | None, visibility: Visibility | None) -> Attachment | None:
        """A content that ``org`` uploaded, or that ``visibility`` gives access to (None: any); otherwise None."""
        return attachments.attachment_for(self.engine, sha256, org, visibility)

    # Sign-ins at the console

    def bearer_of(self, digest: str, used: bool = True) -> Mapping[str, Any] | None:
        """The bearer of the session with this digest, None if it is over; ``used`` renews it."""
        return sessions.bearer_of(self.engine, digest, used)

    def lasting_sessions(self, digests: Collection[str]) -> frozenset[str]:
        """Those of some sessions that are still valid."""
        return sessions.lasting_sessions(self.engine, digests)

    def feed_since(self, owner: str) -> datetime | None:
        """When an owner's calendar feed was created; None without one."""
        return feeds.feed_since(self.engine, owner)

    def bearer_of_feed(self, digest: str) -> Mapping[str, Any] | None:
        """The owner of the calendar feed with this digest; None for one that is revoked or stopped."""
        return feeds.bearer_of_feed(self.engine, digest)

    # The calendar

    def calendar(self) -> Calendar:
        """The calendar in force: packaged and stored editions. Raises CalendarError."""
        return self.calendar_store().now()

    def calendar_store(self, packaged: Calendar | None = None) -> CalendarStore:
        """A cache of the calendar in force, for frequent use; ``packaged`` is the packaged calendar."""
        return CalendarStore(self.engine, packaged)

    def publications(self) -> tuple[Publication, ...]:
        """The publications of all stored editions, in the order in which they began."""
        return calendars.publications(self.engine)

    def publication(self, edition: str) -> Publication | None:
        """The publication of one edition; None if it was not published here."""
        return calendars.publication(self.engine, edition)

    def superseded_by(self, edition: str) -> int:
        """How many clocks were superseded because of an edition by now."""
        return calendars.superseded_by(self.engine, edition)

    def open_clocks(self, after: Place | None = None, limit: int = 500) -> tuple[OpenClock, ...]:
        """The open clocks of open cases, earliest deadline first, after a place."""
        return calendars.open_clocks(self.engine, after, limit)

    def statute_of(self, request_id: str) -> dict[str, object]:
        """The statute that a case was filed with, as data."""
        return calendars.statute_of(self.engine, request_id)

    # Auditors and operators

    def audited_case(self, request_id: str) -> AuditedCase | None:
        """A whole case, with its filing and all of its events, or None."""
        found = audited.audited_case(self.engine, request_id)
        if found is not None:
            self._texts.fetch_what_is_there(found.statute_digest, found.policy_digest)
        return found

    def audited(self, wanted: CaseFilter, cursor: str | None = None, limit: int = 100) -> AuditedPage:
        """Whole cases that match ``wanted``, in pages like those of :meth:`cases`. Raises BadCursor."""
        page = audited.audited_cases(self.engine, wanted, cursor, limit)
        self._texts.fetch_what_is_there(*{d for case in page.cases for d in (case.statute_digest, case.policy_digest)})
        return page

    def archived_runs(self, request_id: str) -> tuple[ArchivedRun, ...]:
        """The archived runs of a case, in the order in which they ended."""
        return archive.archived_runs(self.engine, request_id)

    def acts(self, request_id: str) -> tuple[OperatorAct, ...]:
        """The acts of operators about a case, in order."""
        return acts.acts_of(self.engine, request_id)

    def all_acts(self, cursor: str | None = None, limit: int = 50) -> tuple[Sequence[OperatorAct], str | None]:
        """A page of acts, newest first, and the cursor of the next page. Raises BadCursor."""
        return acts.list_acts(self.engine, cursor, limit)

    def backed_up(self) -> backups.BackedUp:
        """The newest backup, and archived WAL."""
        return backups.backed_up(self.engine)

    def waiting_for_archive(self) -> WaitingForArchive:
        """How many cases are still to be archived, and since when."""
        return archive.waiting_for_archive(self.engine)

    def retained(self, request_id: str) -> RetainedCase | None:
        """What is kept of a case beside the ledger, its hold, and disposals; None for an unknown case."""
        return retention.retained_case(self.engine, request_id)

    def closed_until(self, until: datetime, after: tuple[datetime, str] | None, limit: int) -> list[RetainedCase]:
        """The cases closed before an instant, longest closed first, after a place."""
        return retention.closed_until(self.engine, until, after, limit)

    def causes(self, visibility: Visibility) -> list[stuck.Cause]:
        """The visible causes for being stuck, each with how many share it."""
        return stuck.causes(self.engine, visibility)

    def troubles(
        self,
        visibility: Visibility,
        cause: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
        kinds: Collection[StuckKind] = stuck.EVERY_KIND,
    ) -> stuck.TroublePage:
        """What is stuck, of these kinds and one cause or any, longest stuck first. Raises BadCursor."""
        return stuck.troubles(self.engine, visibility, cause, cursor, limit, kinds)

    @property
    def stuck_book(self) -> StuckBook:
        """What is known about stuck subjects, for operators."""
        return StuckBook(self.engine)

    def troubles_of(self, subject: str) -> list[Trouble]:
        """All troubles of one subject, oldest first."""
        return stuck.troubles_of(self.engine, subject)

    # Monitoring of the ledger itself

    def counts(self, since: int | None = None) -> Counts:
        """Current figures, and what became of limits since a position (None: from now on)."""
        return counting.counts(self.engine, since)

    def ping(self) -> None:
        """Check that the database answers."""
        ping(self.engine)

    def moment(self) -> datetime:
        """The time of the database's clock."""
        return confirmed.moment(self.engine)

    def schema(self) -> str | None:
        """The schema of the database; None: no tables yet."""
        return schema_of(self.engine)


@contextmanager
def reader_at(url: str, named: str = USUALLY_NAMED) -> Iterator[Reader]:
    """A reader with one connection to the ledger at an address, for the block; ``named`` is the setting of the address.

    Raises LedgerUnavailable, also for a schema on which this version does not work.
    """
    reader = Reader(connect(url, pool_size=1, named=named))
    try:
        require_schema(reader.engine)
        yield reader
    finally:
        reader.close()
