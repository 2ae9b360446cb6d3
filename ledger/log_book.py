"""The transparency log of a ledger: every event and act is entered once, in the order of the outbox, in a Merkle tree.

Commands do not wait for it: what was recorded is entered afterwards, some thousand entries in a transaction, by
whichever process comes first, and once even after a crash. Entries never change, so a checkpoint of today commits to
everything before it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from sqlalchemy import Connection

from domain.engine.records import Algorithm
from domain.log import proofs
from domain.log.checkpoints import Checkpoint, checkpoint_in
from domain.log.entries import entry_of_event
from domain.log.heads import NOTHING, Hashes, HeadWay, nodes_towards, way_to, with_heads
from domain.log.keys import PublicKey, Signer, read_public_key
from domain.log.notes import NoteWrong, read_note, signed_by
from domain.log.tree import HASH_BYTES, FindNode, GrowingTree, NodePlace, TreeHash, root_between, whole_subtrees
from ledger.engine import Engine, reading
from ledger.errors import AnotherLog
from ledger.queries import log
from ledger.queries.cursors import numbered_cursor, read_numbered_cursor
from ledger.queries.log import KeptCheckpoint, NewEntry, NewNode, StampedCheckpoint
from ledger.queries.log_heads import head_nodes, heads_since, keep_head_nodes

AT_ONCE: Final = 5_000
ALGORITHMS: Final[Sequence[Algorithm]] = ("sha256", "sm3")
LOST: Final = (
    "Entries were taken out of the log: it has fewer than it had, and is not signed as if it were whole; "
    "restore the ledger from a backup, and keep the checkpoints of before."
)
"""The error for a log from which entries were removed."""
_CHECKPOINTS: Final = "checkpoint"
T = TypeVar("T")


@dataclass(frozen=True)
class EntryProof:
    """The inclusion proof of an event or an act: its place, and the path to the root by both algorithms.

    ``number`` is that of the event in its case, or of the act.
    """

    number: int
    place: int
    sha256: Sequence[bytes]
    sm3: Sequence[bytes]


class LogBook:
    """The log of one ledger. Every method blocks; safe for many threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._hashing = {algorithm: TreeHash(algorithm) for algorithm in ALGORITHMS}

    def extend(self, at_most: int = AT_ONCE) -> int:
        """Enter the next events and acts, in one transaction; returns how many. 0: there is nothing new.

        Raises AnotherLog if entries were removed from the log.
        """
        with self._alone() as connection:
            entries = log.next_entries(connection, at_most)
            if entries:
                size = log.length(connection)
                log.enter(connection, size, entries, self._grown(connection, size, entries))
            return len(entries)

    def _grown(self, connection: Connection, size: int, entries: Sequence[NewEntry]) -> list[NewNode]:
        trees = [
            GrowingTree.kept(hashing, size, self._finder(connection, algorithm, whole_subtrees(0, size)))
            for algorithm, hashing in self._hashing.items()
        ]
        new: list[NewNode] = []
        for entry in entries:
            content = entry.content()
            sha256, sm3 = (tree.add(tree.hashing.leaf(content)) for tree in trees)
            new += [NewNode(place, one, other) for (place, one), (_, other) in zip(sha256, sm3, strict=True)]
        return new

    def checkpoint(self, signer: Signer, at: datetime) -> str:
        """Enter everything and sign a checkpoint; returns the newest one if nothing is new.

        ``at`` is its time. Raises AnotherLog if the signer's name is not that of the log, or entries were removed from
        the log.
        """
        self._enter_all()
        return self._closed(signer, at)[0]

    def checkpoint_when_due(self, signer: Signer, at: datetime, every: timedelta) -> str | None:
        """A new checkpoint, if the newest is older than ``every`` and something was recorded since; None otherwise.

        If several processes ask at once, one of them makes it. Raises AnotherLog.
        """
        with reading(self._engine) as connection:
            if not log.is_due(connection, every):
                return None
        self._enter_all()
        note, new = self._closed(signer, at, every)
        return note if new else None

    def waits_for_a_stamp(self, every: timedelta) -> str | None:
        """The newest checkpoint, whoever made it, where none that was made in this while has a timestamp; else None."""
        with reading(self._engine) as connection:
            return log.waits_for_a_stamp(connection, every)

    def _enter_all(self) -> None:
        while self.extend():
            pass

    def _closed(self, signer: Signer, at: datetime, every: timedelta | None = None) -> tuple[str, bool]:
        """The checkpoint of the log as it is now, and whether it is a new one; ``every``: only where one is due.

        A device may take its time to sign: the log is not held meanwhile, and the first to be done counts.
        """
        with self._alone() as connection:
            newest = log.newest_checkpoint(connection)
            if newest is not None and every is not None and not log.is_due(connection, every):
                return newest.note, False
            drawn = self._drawn(connection, signer.key, at, newest)
        if newest is not None and newest.size == drawn.size:
            return newest.note, False
        note = drawn.note().signed(signer).written()
        with self._alone() as connection:
            newest = log.newest_checkpoint(connection)
            if newest is not None and newest.size >= drawn.size:
                return newest.note, False
            log.keep_checkpoint(connection, drawn.size, note, signer.key.written())
        return note, True

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """A transaction in which nobody else enters anything. Raises AnotherLog."""
        with self._engine.begin() as connection:
            log.alone(connection)
            _check_whole(connection)
            yield connection

    def _drawn(self, connection: Connection, key: PublicKey, at: datetime, newest: KeptCheckpoint | None) -> Checkpoint:
        """What a checkpoint says of the log as it is now, not signed yet. Raises AnotherLog."""
        before = None if newest is None else read_public_key(newest.key).name
        if before not in (None, key.name):
            raise AnotherLog(
                f"The checkpoints of this log are in the name of {before}, and the key is that of {key.name}."
            )
        size = log.length(connection)
        roots = [self._root(connection, algorithm, size) for algorithm in ALGORITHMS]
        return Checkpoint(key.name, size, roots[0], roots[1], at, _heads_now(connection, newest))

    def is_whole(self) -> bool:
        """Whether no entries were removed, as far as the ledger itself can tell."""
        with reading(self._engine) as connection:
            return not log.lost_entries(connection)

    def newest_checkpoint(self) -> KeptCheckpoint | None:
        """The largest checkpoint; None before the first."""
        with reading(self._engine) as connection:
            return log.newest_checkpoint(connection)

    def signing_keys(self) -> list[str]:
        """The public keys that have signed its checkpoints, in text form, that of the newest first."""
        with reading(self._engine) as connection:
            return log.signing_keys(connection)

    def is_behind(self) -> bool:
        """Whether something was recorded that the newest checkpoint does not cover."""
        with reading(self._engine) as connection:
            newest = log.newest_checkpoint(connection)
            return log.length(connection) > (newest.size if newest else 0) or bool(log.next_entries(connection, 1))

    def checkpoints(self, cursor: str | None, limit: int) -> tuple[list[KeptCheckpoint], str | None]:
        """A page of checkpoints, newest first, and the cursor of the next page. Raises BadCursor."""
        below = None if cursor is None else read_numbered_cursor(_CHECKPOINTS, cursor)
        with reading(self._engine) as connection:
            found = log.checkpoints_from(connection, below, limit + 1)
        page = found[:limit]
        return page, numbered_cursor(_CHECKPOINTS, page[-1].size) if len(found) > limit else None

    def checkpoint_of(self, size: int) -> KeptCheckpoint | None:
        """The checkpoint that covers exactly so many entries."""
        with reading(self._engine) as connection:
            found = log.checkpoints_from(connection, size + 1, 1)
        return found[0] if found and found[0].size == size else None

    def own(self, written: str) -> KeptCheckpoint:
        """The stored checkpoint with the text of a note, whoever has signed that. Raises NoteWrong if there is none."""
        note = read_note(written)
        kept = self.checkpoint_of(checkpoint_in(note).size)
        if kept is None or read_note(kept.note).text != note.text:
            raise NoteWrong("it is no checkpoint that this log has made: keep it, and ask how it came about")
        return kept

    def cosign(self, written: str, witnesses: Sequence[PublicKey]) -> KeptCheckpoint:
        """Store the cosignatures of these witnesses on a checkpoint of this log; returns it with all of them.

        Idempotent. Raises NoteWrong if it is not a checkpoint of this log, if none of them has signed it, or if a
        signature under one of their names is invalid.
        """
        kept = self.own(written)
        lines = {key.written(): signature.line() for key, signature in signed_by(read_note(written), witnesses).items()}
        with self._engine.begin() as connection:
            log.keep_cosignatures(connection, kept.size, lines)
        return self.checkpoint_of(kept.size) or kept

    def keep_timestamp(self, size: int, at: datetime, response: bytes) -> None:
        """Store the timestamp of the checkpoint of this size, and its time.

        The first timestamp of each checkpoint counts.
        """
        with self._engine.begin() as connection:
            log.keep_timestamp(connection, size, at, response)

    def stamped(self, at_most: int) -> StampedCheckpoint | None:
        """The newest checkpoint with a timestamp up to a size, not of an empty log; None if there is none."""
        with reading(self._engine) as connection:
            return log.newest_stamped(connection, at_most)

    def earlier_checkpoints(self, size: int, at_most: int) -> list[int]:
        """The sizes of the last checkpoints before that of ``size``, ascending."""
        with reading(self._engine) as connection:
            return log.sizes_of_checkpoints(connection, size, at_most)

    def inclusion(self, request_id: str, size: int) -> list[EntryProof]:
        """The inclusion proofs of a case's events in the log of ``size`` entries."""
        with reading(self._engine) as connection:
            return self._included(connection, log.places_of(connection, request_id, size), size)

    def inclusion_of_acts(self, numbers: Collection[int], size: int) -> list[EntryProof]:
        """The inclusion proofs of these acts in the log of ``size`` entries."""
        with reading(self._engine) as connection:
            return self._included(connection, log.places_of_acts(connection, numbers, size), size)

    def _included(self, connection: Connection, places: Mapping[int, int], size: int) -> list[EntryProof]:
        found = []
        for number, place in sorted(places.items()):
            sha256, sm3 = (self._proved(connection, each, _inclusion(place, size)) for each in ALGORITHMS)
            found.append(EntryProof(number, place, sha256, sm3))
        return found

    def changed_since(self, request_ids: Collection[str]) -> dict[str, int]:
        """Those of these cases with an event that differs from its entry in the log, with the first such number."""
        with reading(self._engine) as connection:
            entered = log.entered_leaves(connection, request_ids)
        leaf, found = self._hashing["sha256"].leaf, dict[str, int]()
        for request_id, seq, digest, there in entered:
            if leaf(entry_of_event(request_id, seq, digest)) != there:
                found.setdefault(request_id, seq)
        return found

    def consistency(self, old: int, new: int) -> tuple[list[bytes], list[bytes]]:
        """The consistency proofs from the log of ``old`` entries to that of ``new``, by SHA-256 and by SM3."""
        with reading(self._engine) as connection:
            sha256, sm3 = (self._proved(connection, each, _consistency(old, new)) for each in ALGORITHMS)
            return sha256, sm3

    def ways(self, keys: Sequence[bytes], sizes: Collection[int]) -> dict[int, list[HeadWay]]:
        """The paths to these keys in the map of heads of each checkpoint of these sizes that has one."""
        with reading(self._engine) as connection:
            kept = (found for size in sizes for found in log.checkpoints_from(connection, size + 1, 1))
            roots = {each.size: heads for each in kept if each.size in sizes and (heads := _heads_of(each))}
            names = [root.sha256 for root in roots.values()]
            known = nodes_towards(names, keys, partial(head_nodes, connection))
        return {size: [way_to(root, key, known) for key in keys] for size, root in roots.items()}

    def _root(self, connection: Connection, algorithm: Algorithm, size: int) -> bytes:
        return self._proved(connection, algorithm, lambda hashing, find: root_between(hashing, 0, size, find))

    def _proved(self, connection: Connection, algorithm: Algorithm, work: Callable[[TreeHash, FindNode], T]) -> T:
        """Run a computation on the tree twice: first to learn which nodes it needs, then with these loaded."""
        hashing, wanted = self._hashing[algorithm], list[NodePlace]()

        def note(place: NodePlace) -> bytes:
            wanted.append(place)
            return bytes(HASH_BYTES)

        work(hashing, note)
        return work(hashing, self._finder(connection, algorithm, wanted))

    def _finder(self, connection: Connection, algorithm: Algorithm, wanted: Iterable[NodePlace]) -> FindNode:
        return log.nodes(connection, set(wanted), algorithm).__getitem__


def _heads_of(kept: KeptCheckpoint) -> Hashes | None:
    return checkpoint_in(read_note(kept.note)).heads


def _check_whole(connection: Connection) -> None:
    if log.lost_entries(connection):
        raise AnotherLog(LOST)


def _heads_now(connection: Connection, newest: KeptCheckpoint | None) -> Hashes:
    """The root of the map of heads, updated since a checkpoint; stores its new nodes."""
    root = None if newest is None else _heads_of(newest)
    heads = heads_since(connection, 0 if newest is None or root is None else newest.size)
    root = root or NOTHING
    known = nodes_towards([root.sha256], [head.key for head in heads], partial(head_nodes, connection))
    now, new = with_heads(root, heads, known)
    keep_head_nodes(connection, new)
    return now


def _inclusion(place: int, size: int) -> Callable[[TreeHash, FindNode], list[bytes]]:
    return lambda hashing, find: proofs.inclusion(hashing, place, size, find)


def _consistency(old: int, new: int) -> Callable[[TreeHash, FindNode], list[bytes]]:
    return lambda hashing, find: proofs.consistency(hashing, old, new, find)
