"""How a procedure is declared (程序): its stages in the order of the articles, and where each of them leads.

The declaration of a stage says who is waited for, which limits run, which commands are open, and to which stages a
command, the end of a limit or the platform by itself may lead. The rules choose among these in each case. A step that
is not declared is a bug and raises :class:`UndeclaredStep` before anything is recorded.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from domain.clocks import ClockId
from domain.engine.records import Event
from domain.statutes.model import Statute
from domain.words import CommandName, Role, Stage

CLOSES = (Stage.CLOSED,)
"""Leads to the end of the case."""
STAYS: tuple[Stage, ...] = ()
"""Leaves the stage as it is."""
SUPERVISES = (CommandName.URGE, CommandName.ORDER_RECTIFICATION)
"""Commands that supervise a case without carrying it forward; no stage waits for them."""

Condition = Callable[[Statute], bool]
"""Whether something exists under a text."""
Cause = CommandName | ClockId
"""What causes a step: a command, or the end of a limit."""
OfCommands = Mapping[CommandName | tuple[CommandName, Stage], Condition]
"""Commands, or single transitions of a command, that exist under some texts only."""
OfLimits = Mapping[ClockId | tuple[ClockId, Stage], Condition]
"""Limits, or single transitions at their end, that exist under some texts only. A command may have the same name."""


class UndeclaredStep(Exception):
    """A rule moved a case, or started a clock, in a way that the procedure does not declare."""


class InvalidProcess(Exception):
    """A declaration that contradicts itself or the rules: one sentence that names the file and what is wrong."""


def as_everywhere(_: Statute, __: bool) -> Sequence[Role] | None:
    """No text changes whose move it is."""
    return None


@dataclass(frozen=True)
class DeclaredStage:
    """The declaration of one stage (阶段).

    ``caption``: in a few words, what happens in it.
    ``waits_for``: whose move it is. ``waits_under`` overrides it for a text, or if a provincial department is involved
    (second argument True). ``turn`` picks among these roles in a stage that waits for one of them after another, or for
    another one in each case.
    ``commands``: the stages to which each command may lead, including this one if the case may also stay; empty if it
    always stays. ``expiry`` says the same for the end of a limit.
    ``by_itself``: where the platform leads a case that waits for nobody.
    ``on_entry``: limits that start whenever a case enters the stage, without any rule, each with the commands that
    meet it.
    ``limits``: further limits measured here, which a rule starts; also a limit that runs on from an earlier stage, if
    its end leads somewhere.
    ``also_starts``: limits that may start here but are measured in other stages.
    ``commands_only``, ``limits_only``: the conditions of what exists here under some texts only.
    """

    stage: Stage
    caption: str
    waits_for: Sequence[Role]
    commands: Mapping[CommandName, Sequence[Stage]]
    on_entry: Mapping[ClockId, Sequence[CommandName]] = field(default_factory=dict)
    limits: Sequence[ClockId] = ()
    expiry: Mapping[ClockId, Sequence[Stage]] = field(default_factory=dict)
    also_starts: Sequence[ClockId] = ()
    by_itself: Sequence[Stage] = ()
    waits_under: Callable[[Statute, bool], Sequence[Role] | None] = as_everywhere
    turn: Callable[[Any], Sequence[Role]] | None = None
    commands_only: OfCommands = field(default_factory=dict)
    limits_only: OfLimits = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Limits that start on entry are among the limits measured here."""
        object.__setattr__(self, "limits", tuple(dict.fromkeys([*self.on_entry, *self.limits])))

    def under(self, statute: Statute) -> "DeclaredStage":
        """The stage under a text: without the commands, limits and transitions that the text does not have."""
        made = _UNDER.get((id(self), id(statute)))
        if made is None:
            if len(_UNDER) >= _UNDER_AT_MOST:
                _UNDER.clear()
            made = _UNDER[id(self), id(statute)] = (self, statute, self._made_for(statute))
        return made[2]

    def _made_for(self, statute: Statute) -> "DeclaredStage":
        return replace(
            self,
            commands=self.commands_under(statute),
            expiry=_known(self.expiry, self.limits_only, statute),
            on_entry={clock: by for clock, by in self.on_entry.items() if _has(self.limits_only, clock, statute)},
            limits=tuple(clock for clock in self.limits if _has(self.limits_only, clock, statute)),
            also_starts=tuple(clock for clock in self.also_starts if _has(self.limits_only, clock, statute)),
            commands_only={},
            limits_only={},
        )

    def commands_under(self, statute: Statute) -> Mapping[CommandName, Sequence[Stage]]:
        """The commands of this stage under a text, each with the stages to which it may lead."""
        return _known(self.commands, self.commands_only, statute)

    @property
    def may_start(self) -> frozenset[ClockId]:
        """Every limit that may start in this stage."""
        return frozenset([*self.limits, *self.also_starts])

    @property
    def leads_to(self) -> frozenset[Stage]:
        """Every other stage to which this one may lead."""
        ways = [*self.commands.values(), *self.expiry.values(), self.by_itself]
        return frozenset(stage for way in ways for stage in way) - {self.stage}

    def assignees(self, statute: Statute, provincial: bool = False) -> Sequence[Role]:
        """Whose move it is under a text; ``provincial``: a provincial department is involved."""
        under = self.waits_under(statute, provincial)
        return self.waits_for if under is None else under


_UNDER: Final[dict[tuple[int, int], tuple[DeclaredStage, Statute, DeclaredStage]]] = {}
"""Cache of :meth:`DeclaredStage.under`, by object ids; holds stage and statute too, so that the ids stay theirs."""
_UNDER_AT_MOST: Final = 1024

C = TypeVar("C", CommandName, ClockId)


def _known(
    ways: Mapping[C, Sequence[Stage]], only: Mapping[C | tuple[C, Stage], Condition], statute: Statute
) -> Mapping[C, Sequence[Stage]]:
    """The causes that exist under a text, each with the stages to which it may lead."""
    return {
        cause: tuple(stage for stage in stages if _has(only, (cause, stage), statute))
        for cause, stages in ways.items()
        if _has(only, cause, statute)
    }


def _has(only: Mapping[C | tuple[C, Stage], Condition], what: C | tuple[C, Stage], statute: Statute) -> bool:
    condition = only.get(what)
    return condition is None or condition(statute)


@dataclass(frozen=True)
class Process:
    """All stages of a procedure, in the order of the articles; ``opens``: those in which a case may begin.

    ``opens_only``: the conditions of those that exist under some texts only.
    """

    opens: Sequence[Stage]
    stages: Sequence[DeclaredStage]
    opens_only: Mapping[Stage, Condition] = field(default_factory=dict)

    def __getitem__(self, stage: Stage) -> DeclaredStage:
        """The declaration of a stage. Raises KeyError for a stage that is not declared, as ``closed`` never is."""
        for declared in self.stages:
            if declared.stage is stage:
                return declared
        raise KeyError(stage.value)

    def __contains__(self, stage: object) -> bool:
        return any(declared.stage is stage for declared in self.stages)

    @property
    def open_stages(self) -> tuple[Stage, ...]:
        """The stages in which something may still happen, in the order of the articles."""
        return tuple(declared.stage for declared in self.stages)

    @property
    def clocks(self) -> tuple[ClockId, ...]:
        """The limits of the procedure, in the order in which a case may meet them."""
        return tuple(dict.fromkeys(clock for declared in self.stages for clock in declared.limits))

    def stages_of(self, command: CommandName) -> tuple[Stage, ...]:
        """The stages in which a command is open."""
        return tuple(declared.stage for declared in self.stages if command in declared.commands)

    def assignees(self, stage: Stage, statute: Statute, provincial: bool = False) -> Sequence[Role]:
        """Whose move it is in a stage under a text; nobody's when the case is closed."""
        return self[stage].assignees(statute, provincial) if stage in self else ()

    def without(self, unknown: Callable[[CommandName], bool]) -> "Process":
        """The process without some of its commands."""
        kept = [
            replace(it, commands={name: ways for name, ways in it.commands.items() if not unknown(name)})
            for it in self.stages
        ]
        return replace(self, stages=kept)

    def under(self, statute: Statute) -> "Process":
        """The process under a text, with only the stages that a filing can reach."""
        there = {declared.stage: declared.under(statute) for declared in self.stages}
        opens = tuple(stage for stage in self.opens if self._opens_under(stage, statute))
        reached = _reached(opens, there)
        return Process(opens, tuple(declared for stage, declared in there.items() if stage in reached))

    def _opens_under(self, stage: Stage, statute: Statute) -> bool:
        condition = self.opens_only.get(stage)
        return condition is None or condition(statute)

    # What follows from the declaration alone

    def begins(self, start: Stage | None, end: Stage, statute: Statute) -> Sequence[ClockId]:
        """The limits that start when a case goes from one stage (None: by being filed) to another under a text."""
        return () if end in (start, Stage.CLOSED) else tuple(self[end].under(statute).on_entry)

    def met_by(self, command: CommandName, stage: Stage, statute: Statute) -> Sequence[ClockId]:
        """The limits of a stage that a command meets under a text."""
        there = self[stage].under(statute).on_entry if stage in self else {}
        return tuple(clock for clock, commands in there.items() if command in commands)

    # Checks against the declaration

    def refuse_undeclared_opening(self, stage: Stage, statute: Statute) -> None:
        """Raises UndeclaredStep if a case may not begin in this stage under the text."""
        if stage not in self.opens or not self._opens_under(stage, statute):
            raise UndeclaredStep(f"a filing leads to {stage.value}, which is not declared")

    def refuse_undeclared(self, start: Stage, cause: Cause | None, end: Stage, statute: Statute) -> None:
        """Raises UndeclaredStep for a step not declared under the text; ``cause`` None: the platform by itself."""
        if start is Stage.CLOSED:
            return
        declared = self[start].under(statute)
        match cause:
            case CommandName():
                ways = declared.commands.get(cause, ())
            case ClockId():
                ways = declared.expiry.get(cause, ())
            case None:
                ways = declared.by_itself
        if end not in (ways or (start,)):
            by = cause.value if cause else "the platform"
            raise UndeclaredStep(f"{by} leads from {start.value} to {end.value}, which is not declared")

    def refuse_undeclared_clocks(
        self, start: Stage | None, end: Stage, events: Iterable[Event], statute: Statute
    ) -> None:
        """Raises UndeclaredStep for a limit that starts although neither the old stage nor the new one declares it.

        ``start`` None: the filing. A limit that supersedes another continues it and does not count as started.
        """
        stages = [stage for stage in dict.fromkeys((start, end)) if stage is not None]
        there = {clock for stage in stages if stage in self for clock in self[stage].under(statute).may_start}
        for order in (event.order for event in events if event.order is not None):
            if order.supersedes is None and order.id not in there:
                where = " or ".join(stage.value for stage in stages)
                raise UndeclaredStep(f"the clock {order.id.value} starts in {where}, which is not declared")


def _reached(opens: Sequence[Stage], there: Mapping[Stage, DeclaredStage]) -> set[Stage]:
    """The stages that a filing can reach by any path."""
    reached, ahead = set[Stage](), list(opens)
    while ahead:
        stage = ahead.pop()
        if stage in there and stage not in reached:
            reached.add(stage)
            ahead += there[stage].leads_to
    return reached


def faults(process: Process, may_give: Mapping[CommandName, Sequence[Role]]) -> Iterator[str]:
    """What is wrong with a declaration, also compared with the command rules: one phrase for each fault.

    ``may_give``: the commands that have rules, each with the roles that may give it.
    """
    there = set(process.open_stages)
    if len(there) != len(process.stages):
        yield "a stage is declared twice"
    open_somewhere = {command for declared in process.stages for command in declared.commands}
    for command in sorted(open_somewhere - set(may_give)):
        yield f"the command {command.value} has no rule"
    for command in sorted(set(may_give) - open_somewhere):
        yield f"the command {command.value} is open in no stage"
    named = {*process.opens, *(stage for declared in process.stages for stage in declared.leads_to)}
    for stage in sorted(named - there - {Stage.CLOSED}):
        yield f"the stage {stage.value} is not declared"
    for stage in sorted(there - _reached(process.opens, {declared.stage: declared for declared in process.stages})):
        yield f"nothing leads to the stage {stage.value}"
    for stage in sorted(set(process.opens_only) - set(process.opens)):
        yield f"no filing arrives in {stage.value}, which some texts alone could have"
    for declared in process.stages:
        yield from _faults_of(declared, may_give)
        for clock in sorted(set(declared.also_starts) - set(process.clocks)):
            yield f"{declared.stage.value} also starts {clock.value}, which is measured in no stage"


def _faults_of(declared: DeclaredStage, may_give: Mapping[CommandName, Sequence[Role]]) -> Iterator[str]:
    """What is wrong with one stage."""
    stage = declared.stage.value
    for clock in sorted(set(declared.expiry) - set(declared.limits)):
        yield f"{stage} says where the end of {clock.value} leads, which is not among its limits"
    for clock, commands in declared.on_entry.items():
        for command in sorted(set(commands) - set(declared.commands)):
            yield f"{stage} says that {command.value} meets {clock.value}, but has no such command"
    for clock in sorted(set(declared.also_starts) & set(declared.limits)):
        yield f"{stage} also starts {clock.value}, which is among its limits"
    if not declared.leads_to:
        yield f"no way leads on from {stage}"
    givers = {role for command in declared.commands if command not in SUPERVISES for role in may_give.get(command, ())}
    if not declared.by_itself:
        for role in sorted(set(declared.waits_for) - givers):
            yield f"{stage} waits for {role.value}, who may carry nothing on there"
    limits = {clock: declared.expiry.get(clock, ()) for clock in declared.may_start}
    for what in (*_missing(declared.commands_only, declared.commands), *_missing(declared.limits_only, limits)):
        yield f"{stage} has no {what} that some texts alone could have"


def _missing(only: Mapping[C | tuple[C, Stage], Condition], there: Mapping[C, Sequence[Stage]]) -> Iterator[str]:
    """The conditions on commands, limits or transitions that a stage does not declare, as phrases."""
    for what in only:
        if not isinstance(what, tuple):
            if what not in there:
                yield what.value
        elif what[1] not in there.get(what[0], ()):
            yield f"way of {what[0].value} to {what[1].value}"
