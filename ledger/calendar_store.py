"""The calendar in force: the packaged editions and those stored in the ledger."""

from sqlalchemy import Engine

from domain.calendar import Calendar, with_stored
from ledger.engine import reading
from ledger.queries.calendars import editions_version, stored_editions


class CalendarStore:
    """Caches the calendar in force; each call of :meth:`now` checks whether an edition was added.

    Safe for many threads. ``packaged``: the packaged calendar (None: that of this version).
    """

    def __init__(self, engine: Engine, packaged: Calendar | None = None) -> None:
        self._engine = engine
        self._packaged = packaged or Calendar.packaged()
        self._known: tuple[int, Calendar] = (0, self._packaged)

    @property
    def known(self) -> tuple[int, Calendar]:
        """How many stored editions are cached here, and the calendar with them, without a query."""
        return self._known

    def now(self) -> Calendar:
        """The calendar with every edition stored before the call.

        Raises CalendarError if stored and packaged editions contradict one another, SQLAlchemy's OperationalError if
        the database does not answer.
        """
        with reading(self._engine) as connection:
            known, calendar = self._known
            if editions_version(connection) != known:
                stored = stored_editions(connection)
                calendar = with_stored(self._packaged, stored)
                self._known = (len(stored), calendar)
            return calendar
