"""Playing one scenario: file, skip to each step, give its command, and look at what came of it."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.access import EVERYWHERE
from domain.calendar import CHINA, end_of
from domain.engine.case import Case
from domain.engine.commands import Command
from domain.engine.records import Actor, Clock, RecordedEvent
from domain.policy import Policy, default_policy
from domain.statutes.loader import packaged_statutes
from domain.words import Role
from embedded.simulate.sandbox import Sandbox
from embedded.simulate.skipped_case import SkippedCase
from embedded.simulate.unexpected import Differing, InEither, differs, the_step
from procedures.registry import PROCEDURES
from protocol.messages import CalendarNews, CaseState, CaseView
from protocol.opening import Played
from starter.engine_client import ShareflowClient
from starter.errors import InvalidInput, RequestRefused
from starter.scenarios import PlayedStep, Scenario

LEAD = timedelta(seconds=1)
"""The skipped clock is set this much past each step, so that a step is never received before its time;
what counts is the step's own instant, and timers wait out a longer grace than this."""


@dataclass(frozen=True)
class RefusedStep:
    """A step that was refused: which (0 is the filing), with what code, article, and regulation of that article.

    ``details`` are what the sentence of the refusal names.
    """

    step: int
    do: str
    code: str
    article: str | None
    statute: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass
class PlayedCase:
    """What came of a scenario."""

    scenario: Scenario
    request_id: str | None = None
    case: CaseView | None = None
    events: Sequence[RecordedEvent] = ()
    refused: list[RefusedStep] = field(default_factory=list)
    unexpected: list[Differing] = field(default_factory=list)
    run_id: str | None = None
    history_length: int = 0

    @property
    def clocks(self) -> Sequence[Clock]:
        """All clocks of the case, in order."""
        return self.case.clocks if self.case else ()


def opener_of(scenario: Scenario) -> Actor:
    """Who opens the case: whom the file names, else the first of those who may."""
    role = scenario.opened_by or PROCEDURES[scenario.procedure].opened_by[0]
    return Actor(role=role, org=_org(scenario, role))


def command_of(scenario: Scenario, number: int, step: PlayedStep) -> Command:
    """The command that a step gives; ``number`` counts the steps from one, and keys those that have no key."""
    return Command(
        name=step.do,
        actor=Actor(role=step.by, org=step.org or _org(scenario, step.by), person=step.person),
        fields=step.with_,
        key=step.key or f"step-{number}",
        received_at=step.at,
        places=frozenset(step.places if step.places is not None else {EVERYWHERE}),
    )


def _org(scenario: Scenario, role: Role) -> str | None:
    """The department or body of a role in a scenario; None where no such statute is known, or it names no body."""
    statute = packaged_statutes().get(scenario.statute)
    if statute is None:
        return None
    case: Case = PROCEDURES[scenario.procedure].new_case("", statute, default_policy(), scenario.request)
    if role is Role.REQUESTER:
        return case.requester.code
    if role is Role.PROVIDER:
        return case.provider.code
    body = statute.bodies.get(role)
    return body.name.zh if body else None


class Player:
    """Plays one scenario in a sandbox, under a policy (None: the packaged one).

    Under the same ``key`` its case has the same id in every sandbox.
    """

    def __init__(
        self, ground: Sandbox, scenario: Scenario, key: str | None = None, policy: Policy | None = None
    ) -> None:
        self.ground = ground
        self.key = key or f"play-{uuid.uuid4().hex}"
        self.scenario = scenario
        self.client = ShareflowClient(ground.temporal, ground.engine, policy, patience=timedelta(seconds=60))
        self.shift = timedelta()
        self.reached = scenario.filed_at
        self.ended = False
        self.played = PlayedCase(scenario)

    async def play(self) -> PlayedCase:
        """File, step, and end. What the rules refuse is part of the result.

        Raises NeedsOperator for a case whose code fails.
        """
        view = await self._file()
        if view is None:
            return self.played
        case = SkippedCase(self.ground, view.request_id)
        self.played.request_id = view.request_id
        for number, step in enumerate(self.scenario.steps, start=1):
            await self._reach(case, step.at)
            await self._give(view.request_id, number, step)
        await self._reach(case, self.scenario.ends_at)
        await case.settle(self.scenario.ends_at)
        await self._look(case, view.request_id)
        return self.played

    async def _file(self) -> CaseState | None:
        scenario = self.scenario
        self.shift = scenario.filed_at - datetime.now(UTC)
        final = scenario.calendar == "final"
        try:
            opened = await self.client.open(
                scenario.procedure,
                scenario.named,
                scenario.request,
                opener_of(scenario),
                key=self.key,
                received_at=scenario.filed_at,
                played=Played(self.shift, final, alone=True),
                jurisdiction=scenario.jurisdiction,
            )
            return opened.case
        except RequestRefused as refusal:
            self.played.refused.append(_refused(0, "file", refusal))
            if scenario.expect.refused is None:
                self.played.unexpected.append(differs("filing_refused", why=_why(refusal)))
            return None

    async def _give(self, request_id: str, number: int, step: PlayedStep) -> None:
        command = command_of(self.scenario, number, step)
        where = the_step(number, step)
        try:
            await self.client.command(request_id, command)
        except RequestRefused as refusal:
            self.played.refused.append(_refused(number, step.do.value, refusal))
            if step.refused is None:
                self.played.unexpected.append(differs("step_refused", step=where, why=_why(refusal)))
            elif step.refused != refusal.code:
                other = differs("other_refusal", step=where, code=refusal.code, wanted=step.refused)
                self.played.unexpected.append(other)
            return
        except InvalidInput as unreadable:
            self.played.unexpected.append(differs("unreadable", step=where, why=str(unreadable)))
            return
        if step.refused is not None:
            self.played.unexpected.append(differs("step_accepted", step=where, wanted=step.refused))

    async def _reach(self, case: SkippedCase, at: datetime) -> None:
        """Skip to an instant; on the way, notices that are published then become known."""
        for edition in self._news(at):
            published = end_of(edition.published - timedelta(days=1))
            await self._skip(case, published)
            if not self.ended:
                await case.tell(CalendarNews(edition=edition.id, published_at=published))
        await self._skip(case, at)
        self.reached = at

    def _news(self, until: datetime) -> list[Any]:
        if self.scenario.calendar == "final":
            return []
        first, last = self.reached.astimezone(CHINA).date(), until.astimezone(CHINA).date()
        return [edition for edition in self.ground.calendar.editions if first < edition.published <= last]

    async def _skip(self, case: SkippedCase, at: datetime) -> None:
        if self.ended:
            return
        ahead = at + LEAD - (await case.now() + self.shift)
        if ahead > timedelta():
            self.ended = not await case.forward(ahead)

    async def _look(self, case: SkippedCase, request_id: str) -> None:
        self.played.case = await case.view()
        self.played.events = await asyncio.to_thread(self.client.reader.events, request_id)
        self.played.run_id, self.played.history_length = await case.described()


def _why(refusal: RequestRefused) -> InEither:
    """Why, with the code where the file's words are English too."""
    return lambda language: str(refusal) if language == "en" else refusal.sentence(language)


def _refused(step: int, do: str, refusal: RequestRefused) -> RefusedStep:
    return RefusedStep(step, do, refusal.code, refusal.article, refusal.statute, refusal.details)
