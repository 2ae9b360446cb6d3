"""The one error of the calendar."""

from __future__ import annotations


class CalendarError(ValueError):
    """A question the calendar cannot answer, or an edition it cannot use (日历错误).

    The message is always one plain English sentence that names what was wrong, fit to be shown to
    a user as it is. The calendar raises this instead of guessing.
    """
