"""An errand: what a procedure does of its own in other cases. Most procedures have none."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.engine.case import Case
    from domain.engine.records import Event
    from domain.words import CommandName, Stage
    from protocol.messages import CaseOpening
    from workflows.correspondence import Correspondence
    from workflows.recording import Recorder

BeforeFiling = Callable[[Case, CaseOpening, Correspondence], Awaitable[Case]]
"""Finds out what the rules of the filing must know: the case with that in it."""
ByItself = Callable[[Recorder, Correspondence], Awaitable[None]]
"""Does what a stage is for, without anybody. Raises HandingOver where the next run is to go on with it."""
Found = Callable[[Sequence[Event]], Sequence[Event]]
OfCommand = Callable[[Case, Correspondence], Awaitable[Found]]
"""Finds out what a command must know of other cases, and how the events of the command say it."""


@dataclass(frozen=True)
class Errands:
    """The errands of one procedure."""

    before_filing: BeforeFiling | None = None
    in_stage: Mapping[Stage, ByItself] = field(default_factory=dict)
    of_command: Mapping[CommandName, OfCommand] = field(default_factory=dict)
