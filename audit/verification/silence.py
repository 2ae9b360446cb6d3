"""What the SDK would say while a case is run again is said by the check alone, in one sentence.

Its core writes warnings to standard output, where a list in JSON may be expected; its workers log whole tracebacks.
"""

import logging
from contextvars import ContextVar
from functools import cache
from typing import Any, Final

from temporalio.runtime import Runtime, TelemetryConfig

from workflows.turns.idle_walks import leave_out_idle_walks
from workflows.turns.in_loop import TurnsInLoop

SILENT: Final = ContextVar("replayed in silence", default=False)
"""Whether what the SDK's workers log is told to nobody."""
_LOGGERS: Final = ("temporalio.worker._workflow", "temporalio.worker._workflow_instance", "temporalio.worker._replayer")


@cache
def silent_runtime() -> Runtime:
    """The SDK's core, without its log."""
    return Runtime(telemetry=TelemetryConfig(logging=None))


@cache
def silent_turns() -> TurnsInLoop:
    """Where the turns of all cases run that are run again; what is logged in a context that is silent is not told."""
    leave_out_idle_walks()
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_is_told)
    return TurnsInLoop(_waits_for_nothing)


def _waits_for_nothing(*_: Any) -> bool:
    """The texts that a case rests on come with its dossier."""
    return False


def _is_told(_: logging.LogRecord) -> bool:
    return not SILENT.get()
