"""Logs on standard error: JSON lines for machines, plain lines in a terminal.

``SHAREFLOW_LOG`` sets the level of Shareflow's own loggers; libraries speak only of warnings and errors.
"""

import logging
import sys
from typing import Any, TextIO

import structlog

from configuration.errors import StartupError
from configuration.settings import Settings

LEVELS = ("debug", "info", "warning", "error")


class _ToStandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at the time, not to what it was when logs were configured."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def configure_logs(usual: str = "warning", settings: Settings | None = None) -> None:
    """Send every log line, ours and the libraries', to standard error; may be called again.

    ``usual`` is the level of the loggers ``shareflow`` and below when SHAREFLOW_LOG does not say.
    Raises StartupError for a level that is none.
    """
    level = level_from(settings or Settings(), usual)
    before: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    handler = _ToStandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(sys.stderr.isatty())],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
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


def _rendering(terminal: bool) -> list[Any]:
    if terminal:
        # Without the values of variables: tokens and personal data are among them.
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False, default=str)]
