"""The exceptions of the ledger."""


class LedgerUnavailable(Exception):
    """The database cannot be used; one sentence that says how to mend it."""


class LedgerAway(LedgerUnavailable):
    """The database at an address does not let us in: ``address`` is without the password, ``cause`` the driver's."""

    def __init__(self, address: str, cause: str, mend: str) -> None:
        super().__init__(f"The ledger's database {address} cannot be reached ({cause}); {mend}.")
        self.address, self.cause = address, cause


class LedgerConflict(Exception):
    """A step that can never be recorded: do not retry it."""


class CalendarChanged(Exception):
    """An edition was stored since the deadlines of a step were computed: nothing was written, compute them again."""


class AnotherLog(Exception):
    """A checkpoint would have another log's name, or cover less than an earlier one; one sentence."""


class BadCursor(ValueError):
    """A page cursor that was not issued here."""


class CursorExpired(ValueError):
    """Messages after this position of the feed were pruned: continuing from it would miss them."""
