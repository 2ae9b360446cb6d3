"""What the SDK would say while a case is run again is said by the check alone, in one sentence.

Its core writes warnings to standard output, where a list in JSON may be expected; its workers log whole tracebacks.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

from temporalio.runtime import Runtime, TelemetryConfig

_THREADS: Final = "replay"
_LOGGERS: Final = ("temporalio.worker._workflow", "temporalio.worker._workflow_instance", "temporalio.worker._replayer")


@cache
def silent_runtime() -> Runtime:
    """The SDK's core, without its log."""
    return Runtime(telemetry=TelemetryConfig(logging=None))


@cache
def silent_threads() -> ThreadPoolExecutor:
    """Those in which all cases are run again: the replayer would begin new ones for each, and end none.

    What is logged in them is not told.
    """
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_is_told)
    return ThreadPoolExecutor(thread_name_prefix=_THREADS)


def _is_told(record: logging.LogRecord) -> bool:
    return not (record.threadName or "").startswith(_THREADS)
