"""Who may do what, when, and what anybody else is told: the rules against the table of ``situations``."""

from datetime import timedelta

import pytest

from domain.words import CommandName, Role
from procedures.registry import allowed
from procedures.share_request.process import SHARE_REQUEST
from tests.domain.engine.asking import answer
from tests.domain.engine.machine import GOOD, ORGS
from tests.domain.engine.situation import LACKS, PASS, STAGES, Situation
from tests.domain.engine.situations import OVERLAID, SITUATIONS, reached

# The table


def test_table_speaks_of_every_command() -> None:
    assert set(STAGES) == {name.value for name in SHARE_REQUEST.rules} == {name.value for name in GOOD}
    assert len({str(s) for s in SITUATIONS}) == len(SITUATIONS)


@pytest.mark.parametrize("situation", [*SITUATIONS, *OVERLAID], ids=str)
def test_who_may_do_what(situation: Situation) -> None:
    case = reached(str(situation))
    assert case.stage.value == situation.stage
    wrong = []
    for name in STAGES:
        for role in Role:
            got, expected = answer(case, name, role.value), situation.expected(name, role.value)
            if got not in expected:
                wrong.append(f"{name} by {role}: {got}, not {' or '.join(sorted(expected))}")
    assert not wrong


@pytest.mark.parametrize("situation", [*SITUATIONS, *OVERLAID], ids=str)
def test_what_one_may_do_is_told(situation: Situation) -> None:
    case = reached(str(situation))
    for name in STAGES:
        for role in Role:
            if situation.expected(name, role.value) == {PASS}:
                assert CommandName(name) in allowed(case, role)
            elif name in LACKS[situation.statute] or role in (Role.PLATFORM, Role.AUDITOR, Role.OPERATOR):
                assert CommandName(name) not in allowed(case, role)


@pytest.mark.parametrize("situation", [*SITUATIONS, *OVERLAID], ids=str)
def test_another_organisation_is_not_a_party(situation: Situation) -> None:
    case = reached(str(situation))
    for line in situation.may.split():
        name, role = line.split(":")
        if role in ("requester", "provider"):
            for org in ("113206000140000777", *ORGS.values()):
                expected = PASS if org == ORGS[Role(role)] else "not_your_turn"
                assert answer(case, name, role, org=org) == expected
        else:
            assert answer(case, name, role, org="113206000140000777") == PASS


@pytest.mark.parametrize("situation", [*SITUATIONS, *OVERLAID], ids=str)
def test_silence_from_here(situation: Situation) -> None:
    ledger = situation.ledger()
    head = len(ledger.events)
    ledger.wait(timedelta(days=400))
    if ledger.case.outcome is not None and situation.silence is None:
        assert situation.stage == "closed"
    elif situation.silence is None:
        assert ledger.case.stage.value == situation.stage
    else:
        assert ledger.case.outcome is not None
        assert ledger.case.outcome.value == situation.silence
    decisions = {"granted", "refused", "decided", "adjudicated", "declined", "coordination_concluded"}
    assert not decisions & {event.type.value for event in ledger.events[head:]}
