"""Logs on standard error: JSON lines for machines, plain lines in a terminal.

``SHAREFLOW_LOG`` sets the level of Shareflow's own loggers; libraries speak only of warnings and errors. What a line
says beyond its event is given as ``extra``, here as in the libraries.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from configuration.errors import StartupError
from configuration.settings import Settings

LEVELS = ("debug", "info", "warning", "error")
_OF_EVERY_RECORD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})


class _ToStandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at the time, not to what it was when logs were configured."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


class _ForMachines(logging.Formatter):
    """A JSON object a record, on one line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_said(record) | _trouble(self, record), ensure_ascii=False, default=str)


class _ForPeople(logging.Formatter):
    """A plain line a record; a traceback below it, without the values of variables: tokens are among them."""

    def format(self, record: logging.LogRecord) -> str:
        said = _said(record)
        time, level, event, logger = (said.pop(name) for name in ("timestamp", "level", "event", "logger"))
        beside = "".join(f" {name}={value}" for name, value in said.items())
        return "\n".join([f"{time} [{level:<8}] {event} [{logger}]{beside}", *_trouble(self, record).values()])


def _said(record: logging.LogRecord) -> dict[str, Any]:
    beyond = {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD}
    return {
        "event": record.getMessage(),
        **beyond,
        "level": record.levelname.lower(),
        "logger": record.name,
        "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
    }


def _trouble(formatter: logging.Formatter, record: logging.LogRecord) -> dict[str, str]:
    """The traceback of an error and the stack, where the record has them."""
    found = {}
    if record.stack_info:
        found["stack"] = formatter.formatStack(record.stack_info)
    if record.exc_info and record.exc_info[0] is not None:
        found["exception"] = formatter.formatException(record.exc_info)
    return found


def configure_logs(usual: str = "warning", settings: Settings | None = None) -> None:
    """Send every log line, ours and the libraries', to standard error; may be called again.

    ``usual`` is the level of the loggers ``shareflow`` and below when SHAREFLOW_LOG does not say.
    Raises StartupError for a level that is none.
    """
    level = level_from(settings or Settings(), usual)
    handler = _ToStandardError()
    handler.setFormatter(_ForPeople() if sys.stderr.isatty() else _ForMachines())
    root = logging.getLogger()
    for old in [x for x in root.handlers if isinstance(x, _ToStandardError)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger("shareflow").setLevel(level)
    logging.captureWarnings(True)


def level_from(settings: Settings, usual: str = "warning") -> int:
    """The level that SHAREFLOW_LOG names, as a number of ``logging``. Raises StartupError for another word."""
    word = usual if settings.log is None else settings.log
    if word not in LEVELS:
        from domain.validation_messages import shown

        raise StartupError(f"{Settings.log.variable} must be one of {', '.join(LEVELS)}, not {shown(word)}.")
    return int(getattr(logging, word.upper()))
