"""What came of a scenario in words, beside what came of the one that it was made from."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.accounts.account import Account
from api.context import AppContext
from api.simulations.schemas import RefusedStepOut, SimulatedOut
from audit.replay.case import RecordedCase
from console.case_story import days_drawn, event_told
from domain.engine.records import Clock, RecordedEvent
from domain.evidence import plain
from domain.messages import Language, label
from domain.statutes.loader import packaged_statutes
from starter.errors import RequestRefused
from starter.scenarios import Scenario

TOLD_APART: Final = ("filing_refused", "step_refused")
"""What is not told among the differences: steps that were refused are listed with why."""


@dataclass(frozen=True)
class ComparedLimit:
    """A limit of the play, of the original, or the same of both; None where there is none."""

    label: str
    now: Clock | None
    before: Clock | None

    @property
    def changed(self) -> bool:
        """Whether its last day or its state is another."""
        return self.now is None or self.before is None or self._said(self.now) != self._said(self.before)

    def _said(self, clock: Clock) -> tuple[object, ...]:
        return clock.due_date, clock.state, clock.ended_at


def simulated(
    context: AppContext, plays: Sequence[SimulatedOut], scenarios: Sequence[Scenario], language: Language
) -> Mapping[str, Any]:
    """The last play, beside the first where there are two; blocking."""
    play, scenario = plays[-1], scenarios[-1]
    accounts = [_account(context, *each) for each in zip(plays, scenarios, strict=True)]
    account, before = accounts[-1], accounts[0] if len(accounts) > 1 else None
    told = []
    if account is not None:
        case, events = account.examined.case, account.recorded.events
        told = [event_told(event, case, account.stage_before(event), language) for event in events]
    return {
        "play": play,
        "original": plays[0] if len(plays) > 1 else None,
        "ends": [_end(each, language) for each in plays],
        "limits": list(_compared(account, before, language)),
        "events": told,
        "drawn": days_drawn(account, scenario.ends_at, language) if account is not None else None,
        "refused": [_refused(play, step, language) for step in play.refused_steps],
        "mismatches": [each.told for each in play.differences if each.about not in TOLD_APART],
    }


def _account(context: AppContext, play: SimulatedOut, scenario: Scenario) -> Account | None:
    """The play as a recorded case; None where the filing was refused."""
    if play.request_id is None or not play.events:
        return None
    events = [RecordedEvent.model_validate(event) for event in play.events]
    statute = packaged_statutes()[play.statute]
    recorded = RecordedCase(play.request_id, statute, context.client.policy, plain(scenario.request), events)
    return Account(recorded, context.calendar_store.now(), max(scenario.ends_at, events[-1].at))


def _end(play: SimulatedOut, language: Language) -> str:
    """Where it stood at the end, in words."""
    filing = next((each for each in play.refused_steps if each.step == 0), None)
    if filing is not None:
        return _why(play, filing, language)
    if play.outcome is not None:
        return f"{label('stage', 'closed', language)}: {label('outcome', play.outcome, language)}"
    return label("stage", play.stage, language) if play.stage else "–"


def _compared(now: Account | None, before: Account | None, language: Language) -> Iterator[ComparedLimit]:
    """The limits of one play beside those of another: by kind, and each kind in the order in which they began."""
    ours, theirs = (_by_turn(each) for each in (now, before))
    for key in {**theirs, **ours}:
        yield ComparedLimit(label("clock", key[0], language), ours.get(key), theirs.get(key))


def _by_turn(account: Account | None) -> dict[tuple[str, int], Clock]:
    seen, found = Counter[str](), dict[tuple[str, int], Clock]()
    for clock in account.clocks if account is not None else ():
        seen[clock.id] += 1
        found[clock.id, seen[clock.id]] = clock
    return found


def _refused(play: SimulatedOut, step: RefusedStepOut, language: Language) -> tuple[int, str, str]:
    """Which step was refused, what it was, and why."""
    what = label("command", step.do, language) if step.step else label("event", "filed", language)
    return step.step, what, _why(play, step, language)


def _why(play: SimulatedOut, step: RefusedStepOut, language: Language) -> str:
    above = step.statute if step.statute != play.statute else None
    return RequestRefused(step.code, step.article, step.statute, step.details, above).sentence(language)
