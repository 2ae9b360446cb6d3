"""A scenario file played in pure Python: no server, no database, and every way that the case takes is written down.

It stands on the rules, the paper ledger and what the real player makes of a file, and comes to the same end as the
real player, some thousand times as fast.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from domain.access import place_of
from domain.clocks import ClockId
from domain.engine.case import Case
from domain.engine.commands import InvalidFields
from domain.engine.decide import by_itself
from domain.engine.decision import Refused
from domain.engine.process import Cause, DeclaredStage, Process
from domain.engine.records import Actor, Event, RecordedEvent
from domain.policy import default_policy
from domain.statutes.model import Statute
from domain.words import ClockState, CommandName, EventType, Stage
from embedded.simulate.player import PlayedCase, RefusedStep, command_of, opener_of
from embedded.simulate.unexpected import differs, the_step
from ledger.queries.views import CaseDetail
from procedures.rectification.case import RectificationCase
from procedures.rectification.rules import origin_is_there
from procedures.registry import PROCEDURES
from procedures.resource_withdrawal.rules import resource_withdrawn
from protocol.messages import CaseView
from protocol.opening import Played
from starter.case_opening import Entered, enter_case
from starter.errors import RequestRefused
from starter.scenarios import PlayedStep, Scenario
from tests.domain.engine.machine import PaperCase
from workflows.recording import header

By = Literal["filing", "command", "expiry", "platform"]
"""What leads from one stage to another."""


@dataclass(frozen=True, order=True)
class Way:
    """One way from a stage to the same or another: by which command, or by the end of which limit."""

    start: str
    by: By
    name: str
    end: str

    def __str__(self) -> str:
        return f"{self.start} -> {self.end} by {self.by} {self.name}".rstrip()


def way(start: Stage, cause: Cause | None, end: Stage) -> Way:
    """A way as the engine asks about it; ``cause`` None: the platform by itself."""
    by: By = "command" if isinstance(cause, CommandName) else "expiry" if isinstance(cause, ClockId) else "platform"
    return Way(start.value, by, cause.value if cause else "", end.value)


def opening(end: Stage) -> Way:
    """The way of a filing into its first stage."""
    return Way("", "filing", "", end.value)


def declared_ways(process: Process) -> Iterator[Way]:
    """Every way that a process spells out; not those of commands that always stay where they are."""
    yield from (opening(stage) for stage in process.opens)
    for declared in process.stages:
        yield from _ways_from(declared)


def _ways_from(declared: DeclaredStage) -> Iterator[Way]:
    for command, ends in declared.commands.items():
        yield from (way(declared.stage, command, end) for end in ends)
    for clock, ends in declared.expiry.items():
        yield from (way(declared.stage, clock, end) for end in ends)
    yield from (way(declared.stage, None, end) for end in declared.by_itself)


@dataclass(frozen=True)
class WatchedProcess(Process):
    """A process that writes down every way that is asked about and declared, and where which limits began and ran."""

    walked: set[Way] = field(default_factory=set)
    ran: set[tuple[Stage, ClockId]] = field(default_factory=set)
    started: set[tuple[Stage, ClockId]] = field(default_factory=set)

    def refuse_undeclared_opening(self, stage: Stage, statute: Statute) -> None:
        """As of every process; the way is noted."""
        super().refuse_undeclared_opening(stage, statute)
        self.walked.add(opening(stage))

    def refuse_undeclared(self, start: Stage, cause: Cause | None, end: Stage, statute: Statute) -> None:
        """As of every process; the way is noted."""
        super().refuse_undeclared(start, cause, end, statute)
        self.walked.add(way(start, cause, end))


class WatchedCase(PaperCase):
    """A case on paper whose process is watched."""

    def __init__(self, case: Case, opener: Actor, opened_at: datetime, all_editions: bool) -> None:
        procedure = PROCEDURES[case.procedure]
        it = procedure.process
        self.watch = WatchedProcess(it.opens, it.stages, it.opens_only)
        super().__init__(replace(procedure, process=self.watch), case, opener, opened_at, all_editions)

    def record(self, events: Sequence[Event], key: str | None) -> list[RecordedEvent]:
        """As of every case; what starts or runs is noted."""
        recorded = super().record(events, key)
        running = [clock.id for clock in self.case.clocks.values() if clock.state is ClockState.RUNNING]
        self.watch.ran.update((self.case.stage, clock) for clock in running)
        started = {(event.stage, event.clock.id) for event in recorded if event.clock is not None}
        self.watch.ran.update(started)
        self.watch.started.update(started)
        return recorded


@dataclass(frozen=True)
class PurePlay:
    """What came of a scenario; ``paper`` is its case, and ``filing`` what opened it, None where that was refused."""

    played: PlayedCase
    paper: WatchedCase | None
    filing: Entered | None = None

    @property
    def detail(self) -> CaseDetail:
        """What the ledger would have of the case; a filing that was refused has none."""
        assert self.paper is not None
        assert self.filing is not None
        case, events = self.paper.case, self.paper.events
        closed = next((event for event in events if event.type is EventType.CLOSED), None)
        return CaseDetail(
            **header(self.filing.opening, self.filing.case, "on-paper"),
            request_id=case.request_id,
            stage=case.stage,
            outcome=case.outcome,
            closed_at=closed.at if closed else None,
            seq=case.head,
            head_digest=events[-1].digest,
            algorithm="sm3",
            updated_at=events[-1].at,
            clocks=tuple(case.clocks.values()),
        )


def play_purely(scenario: Scenario, text: Statute | None = None) -> PurePlay:
    """File, step, and end; under another ``text`` where one is given.

    Raises nothing for what the rules refuse, and UndeclaredStep for what no process declares.
    """
    played = PlayedCase(scenario)
    paper, filing = _filed(played, text)
    if paper is not None:
        _carry_on(paper)
        for number, step in enumerate(scenario.steps, start=1):
            _give(paper, played, number, step)
        _let_pass(paper, scenario.ends_at)
        played.events = paper.events
        played.case = _view(paper.case)
    return PurePlay(played, paper, filing)


def _filed(played: PlayedCase, text: Statute | None) -> tuple[WatchedCase, Entered] | tuple[None, None]:
    scenario, opener = played.scenario, opener_of(played.scenario)
    final = scenario.calendar == "final"
    try:
        entered = enter_case(
            *(scenario.procedure, scenario.statute, scenario.request, opener, default_policy(), "play"),
            received_at=scenario.filed_at,
            played=Played(all_editions=final, alone=True),
        )
        case = replace(entered.case, statute=text or entered.case.statute)
        return WatchedCase(_looked_up(case), opener, scenario.filed_at, final), entered
    except (RequestRefused, Refused) as refused:
        text_of_it = refused.statute or (scenario.statute if refused.article else None)
        played.refused.append(RefusedStep(0, "file", refused.code, refused.article, text_of_it))
    return None, None


def _looked_up(case: Case) -> Case:
    """The case with what its workflow looks up before the filing: a played case is alone, and finds no other."""
    origin = case.application.origin if isinstance(case, RectificationCase) else None
    if isinstance(case, RectificationCase) and origin is not None and origin.request_id is not None:
        return replace(case, origin_found=origin_is_there(case.application, place_of(case.statute.id), None))
    return case


def _give(paper: PaperCase, played: PlayedCase, number: int, step: PlayedStep) -> None:
    command = command_of(played.scenario, number, step)
    where = the_step(number, step)
    _let_pass(paper, step.at)
    if command.key in {event.key for event in paper.events}:
        return  # the same key again is the same command
    try:
        paper.obey(command, step.at)
    except Refused as refused:
        text = refused.statute or paper.statute.id
        played.refused.append(RefusedStep(number, step.do.value, refused.code.value, refused.article, text))
        if step.refused != refused.code:
            played.unexpected.append(differs("other_refusal", step=where, code=refused.code, wanted=str(step.refused)))
        return
    except InvalidFields as unreadable:
        played.unexpected.append(differs("unreadable", step=where, why=str(unreadable)))
        return
    if step.refused is not None:
        played.unexpected.append(differs("step_accepted", step=where, wanted=step.refused))
    _carry_on(paper)


def _let_pass(paper: PaperCase, until: datetime) -> None:
    paper.wait(until)
    _carry_on(paper)


def _carry_on(paper: PaperCase) -> None:
    """What the workflow does by itself where nobody is waited for: no other case holds a grant of the resource."""
    if not paper.case.closed and paper.case.stage is Stage.WITHDRAWING:
        at = max(paper.now, paper.case.last_at)
        paper.record(by_itself(paper.procedure, paper.case, at, resource_withdrawn), None)


def _view(case: Case) -> CaseView:
    return CaseView(
        request_id=case.request_id,
        statute=case.statute.id,
        stage=case.stage,
        outcome=case.outcome,
        head=case.head,
        clocks=list(case.clocks.values()),
    )
