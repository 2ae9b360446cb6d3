"""Asking the rules from the tests: what is answered, and with what article."""

from typing import Any

import pytest

from domain.engine.decision import Refused
from procedures.registry import decide
from procedures.share_request.case import ShareRequestCase
from tests.domain.engine.machine import PaperLedger, command, play
from tests.domain.engine.situation import PASS

TO_YIMA_DECISION = ("refuse:provider", "open_negotiation:requester", "declare_impasse:provider", "refer:requester")
TO_TABLE = ("refuse:provider", "open_negotiation:requester")
TO_FINAL = (*TO_YIMA_DECISION, "conclude_coordination:bureau", "refer_final:bureau")


def answer(
    case: ShareRequestCase, name: str, role: str, fields: dict[str, Any] | None = None, org: str | None = None
) -> str:
    """The refusal code, or PASS."""
    assert case.last_at is not None
    try:
        assert decide(case, command(name, role, fields, org), case.last_at)
    except Refused as refusal:
        return refusal.code.value
    return PASS


def refusal(ledger: PaperLedger, name: str, role: str, fields: dict[str, Any] | None = None) -> tuple[str, str | None]:
    """The code and the article with which a command is refused."""
    before = ledger.case
    with pytest.raises(Refused) as refused:
        ledger.give(name, role, fields)
    assert ledger.case is before
    if refused.value.clause is not None:
        assert refused.value.clause.quote
    return refused.value.code.value, refused.value.article


def at(statute: str, *script: Any, **filed: Any) -> PaperLedger:
    ledger = PaperLedger(statute, **filed)
    play(ledger, script)
    return ledger
