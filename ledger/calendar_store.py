"""The calendar in force here: the packaged editions and those stored in the ledger."""

from sqlalchemy import Connection, Engine

from domain.calendar import Calendar, with_stored
from ledger.engine import reading
from ledger.queries.calendars import editions_version, held_editions_version, stored_editions


class CalendarStore:
    """Knows the calendar in force and notices a new edition by itself: each question looks whether there is one.

    Safe for many threads. ``packaged`` is what comes with this version (None: its own editions).
    """

    def __init__(self, engine: Engine, packaged: Calendar | None = None) -> None:
        self._engine = engine
        self._packaged = packaged or Calendar.packaged()
        self._known: tuple[int, Calendar] = (0, self._packaged)

    def now(self) -> Calendar:
        """With every edition stored before it is asked.

        Raises CalendarError when stored and packaged editions contradict one another, SQLAlchemy's OperationalError
        when the database does not answer.
        """
        with reading(self._engine) as connection:
            return self._with(connection, editions_version(connection))

    def during(self, connection: Connection) -> Calendar:
        """With every edition stored so far; no other is stored until the connection's transaction has ended."""
        return self._with(connection, held_editions_version(connection))

    def _with(self, connection: Connection, version: int) -> Calendar:
        known, calendar = self._known
        if version != known:
            stored = stored_editions(connection)
            calendar = with_stored(self._packaged, stored)
            self._known = (len(stored), calendar)
        return calendar
