"""Checkpoints of the log at set intervals; whoever keeps one can later be shown what had been recorded by then."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from background.timestamps import TimestampAuthority, stamp
from domain.log.checkpoints import checkpoint_in
from domain.log.keys import Signer
from domain.log.notes import read_note
from ledger.engine import Engine
from ledger.log_book import LogBook

log = logging.getLogger("shareflow.checkpoints")

LOOK_EVERY = timedelta(minutes=5)
"""How often to check, with one small query, whether a checkpoint is due."""
AGAIN = timedelta(seconds=30)
"""The delay after a failure."""


async def keep_checkpointing(
    engine: Engine, signer: Signer, every: timedelta, authority: TimestampAuthority | None = None
) -> None:
    """Make a checkpoint whenever the newest is older than ``every``, until cancelled; at the start, when it is.

    Run it in as many processes as you like, all with the same key: one of them makes it. Where nothing was recorded
    since, none is made. The authority stamps the newest as often, also one that a command has made or that waits since
    before this process began. Failures are logged and tried again.
    """
    book = LogBook(engine)
    while True:
        pause = LOOK_EVERY
        try:
            note = await asyncio.to_thread(book.checkpoint_when_due, signer, datetime.now(UTC), every)
            if note is not None:
                log.info("checkpoint made", extra={"entries": _size_of(note), "log": signer.key.name})
            if authority is not None:
                await _have_stamped(book, authority, every)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever the database or the device that signs does, the next try may go well
            log.warning("checkpoint postponed", extra={"error": f"{type(error).__name__}: {error}"})
            pause = AGAIN
        await asyncio.sleep(pause.total_seconds())


async def _have_stamped(book: LogBook, authority: TimestampAuthority, every: timedelta) -> None:
    """Have the newest checkpoint stamped where a stamp is due. Raises as :func:`background.timestamps.stamp`."""
    waiting = await asyncio.to_thread(book.waits_for_a_stamp, every)
    if waiting is not None:
        await stamp(book, authority, waiting)
        log.info("checkpoint stamped", extra={"authority": authority.url, "entries": _size_of(waiting)})


def _size_of(note: str) -> int:
    return checkpoint_in(read_note(note)).size
