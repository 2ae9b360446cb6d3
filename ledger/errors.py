"""What can go wrong with the ledger, as plain exceptions."""


class LedgerUnavailable(Exception):
    """The database cannot be used; the message is one sentence that says how to mend it."""


class LedgerConflict(Exception):
    """A step that can never be recorded, however often it is tried: do not retry it."""


class CalendarChanged(Exception):
    """An edition was stored since the deadlines of a step were worked out: nothing was written, work them out again."""


class AnotherLog(Exception):
    """A checkpoint would be made in another name than those before, or of less; the message is one sentence."""


class BadCursor(ValueError):
    """A page cursor that did not come from here."""


class CursorExpired(ValueError):
    """A position of the feed after which messages were pruned: going on from it would pass over them."""
