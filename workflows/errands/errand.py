"""Errands: what one procedure does or looks up in other cases. Most procedures have none."""

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
"""Looks up what the rules of the filing need; returns the case with it."""
ByItself = Callable[[Recorder, Correspondence], Awaitable[None]]
"""Does the work of a stage that waits for nobody. Raises HandingOver if the next run is to continue."""
Found = Callable[[Sequence[Event]], Sequence[Event]]
OfCommand = Callable[[Case, Correspondence], Awaitable[Found]]
"""Looks up what a command needs from other cases; returns a function that adds it to the command's events."""


@dataclass(frozen=True)
class Errands:
    """The errands of one procedure."""

    before_filing: BeforeFiling | None = None
    in_stage: Mapping[Stage, ByItself] = field(default_factory=dict)
    of_command: Mapping[CommandName, OfCommand] = field(default_factory=dict)
