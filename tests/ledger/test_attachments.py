"""A paper that is brought at the very instant at which it is let go of: whatever is noted is there."""

import hashlib
import io
import threading
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from ledger.queries.attachments import Attachment
from ledger.writer import Writer
from starter.attachments import AttachmentStore, store_in

ORG = "113206000140000015"


@pytest.fixture
def store(tmp_path: Path) -> AttachmentStore:
    return store_in(None, tmp_path)


class StrayPaper:
    """A paper that is in the store, and that nobody has brought."""

    def __init__(self, engine: Engine, store: AttachmentStore) -> None:
        self.content = uuid.uuid4().bytes
        self.sha256 = hashlib.sha256(self.content).hexdigest()
        self.writer, self.store = Writer(engine), store
        self.put()

    def put(self) -> None:
        self.store.put(self.sha256, io.BytesIO(self.content))

    def bring(self, keep: Any = None) -> bool:
        paper = Attachment(self.sha256, "0" * 64, len(self.content), "application/pdf", "a.pdf")
        return self.writer.note_attachment(paper, ORG, "somebody", keep or self.put)[1]

    def let_go(self, remove: Any = None) -> bool:
        return self.writer.remove_unwanted(self.sha256, remove or self.store.remove)


class Halfway:
    """Does something in a thread of its own, and stops in the midst of it until it may go on."""

    def __init__(self, work: Any) -> None:
        self._work, self._there, self._go_on = work, threading.Event(), threading.Event()

    def __call__(self, *given: Any) -> Any:
        done = self._work(*given)
        self._there.set()
        assert self._go_on.wait(20)
        return done

    def meanwhile(self, first: Future[bool], second: Any, pool: ThreadPoolExecutor) -> tuple[bool, bool]:
        """What both say: the second begins while the first stands still, and waits for it."""
        assert self._there.wait(20)
        other = pool.submit(second)
        with pytest.raises(StillWaiting):
            other.result(0.3)
        self._go_on.set()
        return first.result(20), other.result(20)


def test_what_is_being_brought_is_not_removed(engine: Engine, store: AttachmentStore) -> None:
    paper = StrayPaper(engine, store)
    with ThreadPoolExecutor(2) as pool:
        halfway = Halfway(paper.put)
        said = halfway.meanwhile(pool.submit(paper.bring, halfway), paper.let_go, pool)
    assert said == (True, False)
    assert store.exists(paper.sha256)


def test_what_is_being_removed_is_stored_again_by_whoever_brings_it(engine: Engine, store: AttachmentStore) -> None:
    paper = StrayPaper(engine, store)
    with ThreadPoolExecutor(2) as pool:
        halfway = Halfway(store.remove)
        said = halfway.meanwhile(pool.submit(paper.let_go, halfway), paper.bring, pool)
    assert said == (True, True)
    assert store.exists(paper.sha256)


def test_what_cannot_be_stored_is_not_noted(engine: Engine, store: AttachmentStore) -> None:
    paper = StrayPaper(engine, store)

    def full() -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        paper.bring(full)
    assert paper.let_go()
    assert not store.exists(paper.sha256)
