"""The log of a ledger: every event is entered once, in the order in which readers meet them, and a tree grows over it.

Nothing in the way of a command knows of it: what was recorded is entered afterwards, some thousands in a transaction,
by whoever comes first; a crash in between enters them once all the same. What was entered never changes, so that a
checkpoint of today binds whatever came before it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import Connection

from domain.engine.records import Algorithm
from domain.log import proofs
from domain.log.checkpoints import Checkpoint
from domain.log.entries import entry_of_event
from domain.log.keys import Signer
from domain.log.tree import HASH_BYTES, FindNode, GrowingTree, NodePlace, TreeHash, root_between, whole_subtrees
from ledger.engine import Engine, reading
from ledger.queries import log
from ledger.queries.log import NewEntry, NewNode

AT_ONCE: Final = 5_000
ALGORITHMS: Final[Sequence[Algorithm]] = ("sha256", "sm3")
T = TypeVar("T")


@dataclass(frozen=True)
class EntryProof:
    """Where an event stands in the log, and its path to the root of a checkpoint, by both algorithms."""

    seq: int
    place: int
    sha256: Sequence[bytes]
    sm3: Sequence[bytes]


class LogBook:
    """The log of one ledger. Every method blocks; safe for many threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._hashing = {algorithm: TreeHash(algorithm) for algorithm in ALGORITHMS}

    def extend(self, at_most: int = AT_ONCE) -> int:
        """Enter the next events, as many as one transaction takes; how many that were. 0: there is nothing new."""
        with self._engine.begin() as connection:
            log.alone(connection)
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
            content = entry_of_event(entry.request_id, entry.seq, entry.digest)
            sha256, sm3 = (tree.add(tree.hashing.leaf(content)) for tree in trees)
            new += [NewNode(place, one, other) for (place, one), (_, other) in zip(sha256, sm3, strict=True)]
        return new

    def checkpoint(self, signer: Signer, at: datetime) -> str:
        """Enter all that is there and sign how the log stands then; the newest checkpoint where nothing is new.

        ``at`` is when. The signer must be the log's own: a checkpoint is in its name.
        """
        while self.extend():
            pass
        with self._engine.begin() as connection:
            log.alone(connection)
            size, newest = log.length(connection), log.newest_checkpoint(connection)
            if newest is not None and newest[0] == size:
                return newest[1]
            roots = [self._root(connection, algorithm, size) for algorithm in ALGORITHMS]
            note = Checkpoint(signer.key.name, size, roots[0], roots[1], at).note().signed(signer).written()
            log.keep_checkpoint(connection, size, note)
            return note

    def newest_checkpoint(self) -> tuple[int, str] | None:
        """How many entries the checkpoint that covers most covers, and its note; None before the first."""
        with reading(self._engine) as connection:
            return log.newest_checkpoint(connection)

    def earlier_checkpoints(self, size: int, at_most: int) -> list[int]:
        """How many entries the last checkpoints before that of ``size`` cover, ascending."""
        with reading(self._engine) as connection:
            return log.sizes_of_checkpoints(connection, size, at_most)

    def inclusion(self, request_id: str, size: int) -> list[EntryProof]:
        """Of each event of a case that stands in the log of so many entries: where, and its path to the root."""
        with reading(self._engine) as connection:
            places = sorted(log.places_of(connection, request_id, size).items())
            paths = [
                [self._proved(connection, algorithm, _inclusion(place, size)) for algorithm in ALGORITHMS]
                for _, place in places
            ]
        return [EntryProof(seq, place, *both) for (seq, place), both in zip(places, paths, strict=True)]

    def consistency(self, old: int, new: int) -> tuple[list[bytes], list[bytes]]:
        """That the log of ``new`` entries begins with that of ``old`` ones: by SHA-256 and by SM3."""
        with reading(self._engine) as connection:
            sha256, sm3 = (self._proved(connection, each, _consistency(old, new)) for each in ALGORITHMS)
            return sha256, sm3

    def _root(self, connection: Connection, algorithm: Algorithm, size: int) -> bytes:
        return self._proved(connection, algorithm, lambda hashing, find: root_between(hashing, 0, size, find))

    def _proved(self, connection: Connection, algorithm: Algorithm, work: Callable[[TreeHash, FindNode], T]) -> T:
        """What is worked out from nodes of the tree: once to learn which, and once with all of them at hand."""
        hashing, wanted = self._hashing[algorithm], list[NodePlace]()

        def note(place: NodePlace) -> bytes:
            wanted.append(place)
            return bytes(HASH_BYTES)

        work(hashing, note)
        return work(hashing, self._finder(connection, algorithm, wanted))

    def _finder(self, connection: Connection, algorithm: Algorithm, wanted: Iterable[NodePlace]) -> FindNode:
        return log.nodes(connection, set(wanted), algorithm).__getitem__


def _inclusion(place: int, size: int) -> Callable[[TreeHash, FindNode], list[bytes]]:
    return lambda hashing, find: proofs.inclusion(hashing, place, size, find)


def _consistency(old: int, new: int) -> Callable[[TreeHash, FindNode], list[bytes]]:
    return lambda hashing, find: proofs.consistency(hashing, old, new, find)
