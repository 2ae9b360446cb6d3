"""Checkpoints at set times: by whoever comes first, once, also after the database was away."""

import asyncio
import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from background import checkpoints
from background.checkpoints import keep_checkpointing
from background.timestamps import TimestampAuthority
from domain.log.checkpoints import checkpoint_in
from domain.log.keys import Ed25519Signer
from domain.log.notes import read_note, signed_by
from domain.log.timestamps import stamped_at
from ledger.log_book import LogBook
from ledger.queries.counting import counts
from ledger.recording import record_step
from tests.audit.timestamp_authority import OpensslAuthority, serving
from tests.ledger.conftest import Steps

SIGNER = Ed25519Signer("shareflow/test", b"\x01" * 32)
DAY, ALWAYS = timedelta(days=1), timedelta()


def when_due(own: Engine, every: timedelta) -> int | None:
    """How many entries a checkpoint made now covers; None where none was made."""
    note = LogBook(own).checkpoint_when_due(SIGNER, datetime.now(UTC), every)
    if note is None:
        return None
    assert signed_by(read_note(note), [SIGNER.key])
    return checkpoint_in(read_note(note)).size


def test_a_checkpoint_is_made_when_the_last_is_old_and_something_came(own: Engine, resolve) -> None:
    assert [when_due(own, DAY), when_due(own, DAY)] == [0, None]
    record_step(own, Steps("a").filing(), resolve, "sm3")
    assert when_due(own, DAY) == 2  # the first of an empty log keeps nobody waiting
    assert LogBook(own).is_behind() is False
    assert counts(own).unsigned_since is None
    record_step(own, Steps("b").filing(), resolve, "sm3")
    assert LogBook(own).is_behind() is True
    newest = LogBook(own).newest_checkpoint()
    assert newest is not None
    assert counts(own).unsigned_since == newest.made_at
    assert [when_due(own, DAY), when_due(own, ALWAYS), when_due(own, ALWAYS)] == [None, 4, None]


class SlowDevice:
    """A key in a device: while it signs others enter in the log what comes, and one of them makes a checkpoint."""

    def __init__(self, own: Engine, resolve: Callable[..., object], others: Callable[[], object]) -> None:
        self.key, self._own, self._resolve, self._others = SIGNER.key, own, resolve, others

    def sign(self, message: bytes) -> bytes:
        record_step(self._own, Steps(uuid.uuid4().hex).filing(), self._resolve, "sm3")
        self._others()
        return SIGNER.sign(message)


def test_nobody_waits_for_a_device_that_signs(own: Engine, resolve: Callable[..., object]) -> None:
    book, now = LogBook(own), datetime.now(UTC)
    record_step(own, Steps("a").filing(), resolve, "sm3")
    first = book.checkpoint(SlowDevice(own, resolve, book.extend), now)
    assert checkpoint_in(read_note(first)).size == 2
    assert book.is_behind()
    made: list[str] = []
    second = book.checkpoint(SlowDevice(own, resolve, lambda: made.append(LogBook(own).checkpoint(SIGNER, now))), now)
    assert [second] == made, "another made a newer one meanwhile: that counts"
    assert checkpoint_in(read_note(second)).size == 6


def test_of_many_workers_one_makes_it(own: Engine, resolve) -> None:
    for number in range(5):
        record_step(own, Steps(f"case-{number}").filing(), resolve, "sm3")
    made: list[int | None] = []
    threads = [threading.Thread(target=lambda: made.append(when_due(own, DAY))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made, key=str) == [10, None, None, None]


def test_pages_of_checkpoints_go_from_the_newest_back(own: Engine, resolve) -> None:
    book = LogBook(own)
    for case in "abc":
        record_step(own, Steps(case).filing(), resolve, "sm3")
        book.checkpoint(SIGNER, datetime.now(UTC))
    first, following = book.checkpoints(None, 2)
    assert [each.size for each in first] == [6, 4]
    rest, end = book.checkpoints(following, 2)
    assert ([each.size for each in rest], end) == ([2], None)
    assert book.checkpoint_of(4) == first[1]
    assert book.checkpoint_of(3) is None


async def test_a_database_that_was_away_is_tried_again(
    own: Engine, resolve: Callable[..., object], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(checkpoints, "AGAIN", timedelta(milliseconds=50))
    record_step(own, Steps("a").filing(), resolve, "sm3")
    with own.begin() as connection:
        connection.execute(text("ALTER TABLE checkpoints RENAME TO away"))
    with caplog.at_level(logging.INFO, "shareflow.checkpoints"):
        keeping = asyncio.create_task(keep_checkpointing(own, SIGNER, DAY))
        async with asyncio.timeout(20):
            await until_said(caplog, "checkpoint postponed")
            with own.begin() as connection:
                connection.execute(text("ALTER TABLE away RENAME TO checkpoints"))
            await until_said(caplog, "checkpoint made")
    keeping.cancel()
    newest = LogBook(own).newest_checkpoint()
    assert newest is not None
    assert newest.size == 2


async def test_a_checkpoint_is_stamped_by_the_authority(
    own: Engine,
    resolve: Callable[..., object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Also where that did not answer at first; and it is the newest stamped one that dossiers are given."""
    monkeypatch.setattr(checkpoints, "AGAIN", timedelta(milliseconds=50))
    record_step(own, Steps("a").filing(), resolve, "sm3")
    office, book = OpensslAuthority(tmp_path), LogBook(own)
    there, answers = TimestampAuthority("", [office.root]), office.answer
    monkeypatch.setattr(office, "answer", lambda _: b"not today")
    with serving(office) as url, caplog.at_level(logging.INFO, "shareflow.checkpoints"):
        keeping = asyncio.create_task(keep_checkpointing(own, SIGNER, DAY, replace(there, url=url)))
        async with asyncio.timeout(20):
            await until_said(caplog, "checkpoint postponed")
            monkeypatch.setattr(office, "answer", answers)
            await until_said(caplog, "checkpoint stamped")
        keeping.cancel()
    kept = book.stamped(2)
    assert kept is not None
    said = read_note(kept.note).text
    assert (kept.size, book.stamped(1)) == (2, None)
    newest = book.newest_checkpoint()
    assert newest is not None
    assert newest.stamped_at == stamped_at(kept.response, said, there.roots)
    # A worker that begins anew takes up what waits, also what a command has made; as often as it makes any.
    record_step(own, Steps("b").filing(), resolve, "sm3")
    by_command = book.checkpoint(SIGNER, datetime.now(UTC))
    assert [book.waits_for_a_stamp(each) for each in (DAY, ALWAYS)] == [None, by_command]
    with own.begin() as connection:
        connection.execute(text("ALTER TABLE checkpoints DISABLE TRIGGER ALL"))
        connection.execute(text("UPDATE checkpoints SET made_at = made_at - interval '25 hours' WHERE size = 2"))
        connection.execute(text("ALTER TABLE checkpoints ENABLE TRIGGER ALL"))
    caplog.clear()
    with serving(office) as url, caplog.at_level(logging.INFO, "shareflow.checkpoints"):
        keeping = asyncio.create_task(keep_checkpointing(own, SIGNER, DAY, replace(there, url=url)))
        async with asyncio.timeout(20):
            await until_said(caplog, "checkpoint stamped")
        keeping.cancel()
    after = book.stamped(checkpoint_in(read_note(by_command)).size)
    assert after is not None
    assert after.note == by_command
    assert book.waits_for_a_stamp(ALWAYS) is None
    book.keep_timestamp(2, datetime(2000, 1, 1, tzinfo=UTC), b"another")
    assert book.stamped(2) == kept


async def until_said(caplog: pytest.LogCaptureFixture, message: str) -> None:
    while message not in caplog.messages:  # noqa: ASYNC110 - a log has no event to wait for
        await asyncio.sleep(0.02)
