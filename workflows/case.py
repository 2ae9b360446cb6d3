"""A case (案件): one workflow for all procedures, composed of parts with one concern each.

The pure rules in ``procedures`` decide. Their decisions are recorded as steps (:mod:`workflows.recording`), time wakes
the case (:mod:`workflows.timekeeping`), people's commands arrive as updates (:mod:`workflows.commands`), and what a
procedure needs from other cases is an errand (:mod:`workflows.errands`). A refused command leaves no trace in history.
"""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.calendar import CHINA
    from domain.engine.case import Case
    from domain.engine.commands import Command
    from domain.engine.snapshot import restore_snapshot
    from procedures.assignees import platform_acts
    from protocol.messages import Answer, CalendarNews, CaseOpening, CaseState, CaseView, FilingKey
    from protocol.names import CASE
    from protocol.opening import case_before
    from workflows import instants
    from workflows.commands import Commands
    from workflows.correspondence import Correspondence
    from workflows.errands.errand import ByItself
    from workflows.errands.table import errands_of
    from workflows.filing import FilingGate
    from workflows.follow_ups import FollowUps
    from workflows.handing_over import hand_over
    from workflows.labels import show, state_of, view_of
    from workflows.recording import LedgerWriter, Recorder
    from workflows.recounting import Recounts
    from workflows.this_run import HandingOver, ThisRun
    from workflows.timekeeping import Timekeeper
    from workflows.waits import LEDGER, OTHER_CASE, Waits


@workflow.defn(name=CASE)
class CaseWorkflow:
    """One case of any procedure, from its filing until it is closed, over as many workflow runs as that takes."""

    @workflow.init
    def __init__(self, opening: CaseOpening) -> None:
        errands = errands_of(opening.procedure)
        self.opening = opening.in_little_room()
        self.errands = errands
        self.this_run = ThisRun()
        self.waits = Waits(self._show)
        self.others = Correspondence(opening, self.waits, self.this_run)
        self.follow_ups = FollowUps(opening, self.others, self.this_run)
        writer = LedgerWriter(self.waits)
        self.recorder = Recorder(opening, _as_handed_over(opening), writer, self.follow_ups.noted, self._show)
        self.time = Timekeeper(self.recorder)
        self.recounts = Recounts(opening, self.recorder, self.time, self.waits, self.this_run)
        self.gate = FilingGate(opening, self.recorder, self.others, errands)
        self.commands = Commands(self.recorder, self.others, errands, self.this_run)

    @property
    def case(self) -> Case:
        """The state of the case, as recorded in the ledger."""
        return self.recorder.case

    @workflow.run
    async def run(self, opening: CaseOpening) -> CaseState:  # noqa: ARG002 - the constructor took it
        """Carry the case through the gate, from stage to stage, to its end."""
        await self.begin()
        while not self.case.closed:
            errand = self.errands.in_stage.get(self.case.stage)
            if errand is None:
                await self._wait_in_stage()
            else:
                await self._act(errand)
        return await self._end()

    async def begin(self) -> None:
        """Record the filing; a run that continues another one starts from its snapshot."""
        if self.opening.snapshot is None:
            await self.gate.pass_through()
        else:
            self._show()

    # From stage to stage

    async def _wait_in_stage(self) -> None:
        """Wait in the current stage until people or time have moved the case to another."""
        stage, recorder = self.case.stage, self.recorder
        while self.case.stage is stage and not self.case.closed:
            if not recorder.idle:
                await recorder.until_idle()
            elif self.this_run.should_continue_as_new:
                await self._hand_over()
            elif self.follow_ups.waiting:
                self.follow_ups.begin()
            elif self.recounts.news:
                await self.recounts.take_the_first()
            elif recorder.nudged:
                await recorder.sync()
            else:
                await self.time.sleep(self._is_called)

    def _is_called(self) -> bool:
        """Whether there is something to do other than wait for the next instant."""
        to_do = self.follow_ups.waiting or bool(self.recounts.news) or self.recorder.nudged
        return to_do or self.this_run.should_continue_as_new or not self.recorder.idle

    async def _act(self, errand: ByItself) -> None:
        """Do the work of a stage that waits for nobody; what this run does not get done, the next one does."""
        try:
            await errand(self.recorder, self.others)
        except HandingOver:
            await self._hand_over()

    async def _end(self) -> CaseState:
        """Open the follow-up cases, let every caller have an answer, and return the final state."""
        while self.follow_ups.left or not workflow.all_handlers_finished():
            if self.follow_ups.left and self.this_run.should_continue_as_new:
                await self._hand_over()
            await self.follow_ups.finish()
            await workflow.wait_condition(workflow.all_handlers_finished)
        return state_of(self.case)

    async def _hand_over(self) -> None:
        await hand_over(self.this_run, self.recorder, self.follow_ups, self.recounts)

    def _show(self) -> None:
        show(self.case, self.waits.reasons)

    # Updates

    @workflow.update(name="filed")
    async def filed(self, meant: FilingKey | None = None) -> CaseState:  # noqa: ARG002 - the validator looks at it
        """Answer once the filing is in the ledger, or with the refusal."""
        self.this_run.updates += 1
        await self.gate.told()
        return state_of(self.case, self.opening.asked if self.gate.filed_now else None)

    @filed.validator
    def may_be_told(self, meant: FilingKey | None = None) -> None:
        """Reject callers who mean another filing."""
        self.gate.may_be_told(meant)

    @workflow.update(name="command")
    async def command(self, command: Command) -> Answer:
        """Carry out one command; it is in the ledger when this returns."""
        self.this_run.updates += 1
        written, now = await self.commands.carry_out(command)
        return Answer(
            head=written[-1].seq,
            events=[event.type.value for event in written],
            stage=self.case.stage,
            outcome=self.case.outcome,
            asked=command.asked if now else None,
        )

    @command.validator
    def may_command(self, command: Command) -> None:
        """Whether the command is allowed now; a rejected update leaves nothing in history."""
        self.commands.may_be_given(command)

    @workflow.update(name="catch_up")
    async def catch_up(self, until: datetime) -> None:
        """Process everything due until then, without waiting out the timer's grace period."""
        self.this_run.updates += 1
        await self.time.pass_time(min(until.astimezone(CHINA), instants.now(self.opening)))
        await workflow.wait_condition(
            lambda: (
                not platform_acts(self.case.stage)
                or self.waits.hold(LEDGER, OTHER_CASE)
                or self.this_run.should_continue_as_new
            )
        )

    @catch_up.validator
    def may_catch_up(self, until: datetime) -> None:  # noqa: ARG002 - a validator takes what its update takes
        """Reject while a step is being recorded."""
        self.commands.may_be_taken()

    # Signals and queries

    @workflow.signal(name="calendar_published")
    def calendar_published(self, news: CalendarNews) -> None:
        """A holiday notice was published: clocks that it changes are to be superseded."""
        self.recounts.news.append(news)

    @workflow.signal(name="sync_from_ledger")
    def sync_from_ledger(self) -> None:
        """Take over events of the ledger that this case does not know, such as after a lost answer."""
        self.recorder.nudged = True

    @workflow.signal(name="retry_step")
    def retry_step(self, reason: str | None = None) -> None:
        """An operator wants the case to try again: everything it waits for, or what it waits for with this reason."""
        self.waits.retry(reason)

    @workflow.query(name="case")
    def case_query(self) -> CaseView:
        """The state of the case in the workflow."""
        return view_of(self.case, self.recorder.next, self.waits.reasons)


def _as_handed_over(opening: CaseOpening) -> Case:
    """The case as the previous run left it; for the first run, a case before its filing."""
    case = case_before(opening)
    return restore_snapshot(case, opening.snapshot.state) if opening.snapshot else case
