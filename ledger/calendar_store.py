"""The calendar in force here: the packaged editions and those stored in the ledger."""

from sqlalchemy import Engine

from domain.calendar import Calendar, with_stored
from ledger.engine import reading
from ledger.queries.calendars import editions_version, stored_editions


class CalendarStore:
    """Knows the calendar in force and notices a new edition by itself: each question looks whether there is one.

    Safe for many threads. ``packaged`` is what comes with this version (None: its own editions).
    """

    def __init__(self, engine: Engine, packaged: Calendar | None = None) -> None:
        self._engine = engine
        self._packaged = packaged or Calendar.packaged()
        self._known: tuple[int, Calendar] = (0, self._packaged)

    @property
    def known(self) -> tuple[int, Calendar]:
        """How many stored editions are known here, and the calendar with them: without asking."""
        return self._known

    def now(self) -> Calendar:
        """With every edition stored before it is asked.

        Raises CalendarError when stored and packaged editions contradict one another, SQLAlchemy's OperationalError
        when the database does not answer.
        """
        with reading(self._engine) as connection:
            known, calendar = self._known
            if editions_version(connection) != known:
                stored = stored_editions(connection)
                calendar = with_stored(self._packaged, stored)
                self._known = (len(stored), calendar)
            return calendar
