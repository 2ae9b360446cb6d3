"""Messages for rounds of periodic duties (定期工作): order, plan and result."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from protocol.errors import RefusalNote
from protocol.messages import Message


class RoundOrder(Message):
    """An order for a round of a duty: a case for everybody bound to it, in one period.

    ``period`` and ``department`` are set in a round started by hand; a scheduled one covers the period that begins, and
    all departments. ``name`` is the department's name, if the list of departments does not have it.
    """

    statute: str
    duty: str
    period: str | None = None
    department: str | None = None
    name: str | None = None


class RoundWanted(Message):
    """A request to plan a round for a day."""

    order: RoundOrder
    day: date


class RoundPlan(Message):
    """The cases of a round: those to be opened, with what is filed, and those already in the ledger."""

    statute: str
    statute_digest: str
    policy_digest: str
    period: str
    to_open: Mapping[str, Mapping[str, Any]]
    there: Sequence[str] = ()


class RoundResult(Message):
    """The result of a round: the cases opened now, those that existed, and why others could not be opened.

    ``refused``: by the rules, for good. ``failed``: because something was unavailable.
    """

    period: str
    opened: Sequence[str] = ()
    there: Sequence[str] = ()
    refused: Mapping[str, "RefusalNote"] = {}
    failed: Mapping[str, str] = {}
