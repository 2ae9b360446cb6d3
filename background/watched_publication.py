"""A publication carried out in the foreground, for callers that watch it; workers do the same in the background."""

from datetime import timedelta

from background.publication import Progress, Tell, carry_out
from domain.calendar import Edition
from domain.log.acts import Acting
from ledger.calendar_store import CalendarStore
from ledger.queries.calendars import Publication, note_progress, publication, store_edition
from ledger.writer import Writer
from protocol.connecting import TemporalClient


class WatchedPublication:
    """The publication of one edition in ``ledger``, told to cases through ``client``.

    Every method raises one of ``ledger.failures.DATABASE_FAILED`` if the database does not answer.
    """

    def __init__(self, client: TemporalClient, ledger: Writer, edition: Edition) -> None:
        self._client = client
        self._engine = ledger.engine
        self._calendar = CalendarStore(ledger.engine)
        self._edition = edition

    def store(self, by: Acting, expected: int) -> bool:
        """Put the edition in force; False if another one has just taken its id. Blocks.

        ``by`` is who publishes; ``expected`` is the estimated number of limits to supersede.
        """
        store_edition(self._engine, self._edition, by, expected)
        return self._edition in self._calendar.now().editions

    async def carry_out(self, within: timedelta, tell: Tell) -> Progress:
        """Tell every case that it changes, for a limited time; see :func:`background.publication.carry_out`."""
        return await carry_out(self._client, self._engine, self._calendar, self._edition.id, within, tell)

    def counted(self) -> Publication | None:
        """The progress of the publication, counted again; None if the edition is not stored. Blocks."""
        note_progress(self._engine, self._edition.id)
        return publication(self._engine, self._edition.id)
