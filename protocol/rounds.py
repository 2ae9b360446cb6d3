"""Rounds of periodic duties: what is ordered, planned and done (定期工作)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from protocol.errors import RefusalNote
from protocol.messages import Message


class RoundOrder(Message):
    """A round of a duty: a case for everybody bound to it, in one period.

    ``period`` and ``department`` are there in a round by hand; a schedule's takes the period that begins, and all
    departments. ``name`` is the department's where the list of departments does not have it.
    """

    statute: str
    duty: str
    period: str | None = None
    department: str | None = None
    name: str | None = None


class RoundWanted(Message):
    """What is to be planned: a round, and the day it stands for."""

    order: RoundOrder
    day: date


class RoundPlan(Message):
    """The cases of a round: those to be opened, as what is filed by case, and those that are in the ledger already."""

    statute: str
    statute_digest: str
    policy_digest: str
    period: str
    to_open: Mapping[str, Mapping[str, Any]]
    there: Sequence[str] = ()


class RoundResult(Message):
    """What came of a round: the cases opened now, those that were there, and why others could not be opened.

    ``refused`` by the rules, for good; ``failed`` because something was away.
    """

    period: str
    opened: Sequence[str] = ()
    there: Sequence[str] = ()
    refused: Mapping[str, "RefusalNote"] = {}
    failed: Mapping[str, str] = {}
