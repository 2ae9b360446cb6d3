"""The Merkle tree over the log (默克尔树), as RFC 6962 section 2.1 defines it: how it grows, and its root.

The leaves are the entries of the log in their order. Whole subtrees never change once their last leaf is there, so that
a tree is kept as the hashes of its whole subtrees: level 0 has the leaves, level 1 the pairs of them, and so on. A tree
of n leaves is read from about log2(n) of these, and each further leaf adds about two.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from domain.engine.records import Algorithm

LEAF, INNER = b"\x00", b"\x01"
"""What stands before the content of a leaf and before the two hashes of an inner node, so that neither passes for the
other."""
HASH_BYTES: Final = 32


class NodePlace(NamedTuple):
    """Where a whole subtree stands: it covers the leaves from ``number * 2**level`` on, ``2**level`` of them."""

    level: int
    number: int


FindNode = Callable[[NodePlace], bytes]
"""The hash of a whole subtree, from wherever they are kept. Raises LookupError for one that is not there."""


@dataclass(frozen=True)
class TreeHash:
    """How leaves and nodes are hashed: SHA-256 as the RFC has it, or SM3 (GB/T 32905, 国密) in its place.

    Raises ValueError where this machine lacks the algorithm.
    """

    algorithm: Algorithm
    _begun: "hashlib._Hash" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find out once whether the algorithm is there; to copy what has begun is quicker than to begin anew."""
        object.__setattr__(self, "_begun", hashlib.new(self.algorithm))

    def empty(self) -> bytes:
        """The root of a tree without leaves."""
        return self.of(b"")

    def leaf(self, content: bytes) -> bytes:
        """The hash of an entry of the log."""
        return self.of(LEAF + content)

    def inner(self, left: bytes, right: bytes) -> bytes:
        """The hash of two subtrees side by side."""
        return self.of(INNER + left + right)

    def of(self, content: bytes) -> bytes:
        """The hash of what a leaf or a node is written as."""
        hashed = self._begun.copy()
        hashed.update(content)
        return hashed.digest()


def whole_subtrees(first: int, end: int) -> Iterator[NodePlace]:
    """The fewest whole subtrees that cover the leaves from ``first`` on and before ``end``, from left to right.

    ``first`` must be where a subtree of that size may begin, as it is in every subtree of a tree.
    """
    while first < end:
        room = (end - first).bit_length() - 1
        level = min(room, (first & -first).bit_length() - 1) if first else room
        yield NodePlace(level, first >> level)
        first += 1 << level


class GrowingTree:
    """A tree that grows: it remembers the whole subtrees on its right edge alone.

    ``edge`` are their hashes, the largest first, as :func:`whole_subtrees` lists them for ``size`` leaves. Raises
    ValueError for an edge of another length.
    """

    def __init__(self, hashing: TreeHash, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        if len(edge) != size.bit_count():
            raise ValueError(f"A tree of {size} leaves has {size.bit_count()} whole subtrees, not {len(edge)}.")
        self.hashing = hashing
        self.size = size
        self._edge = list(edge)

    @classmethod
    def kept(cls, hashing: TreeHash, size: int, find: FindNode) -> "GrowingTree":
        """The tree of so many leaves, from its subtrees that are kept."""
        return cls(hashing, size, [find(place) for place in whole_subtrees(0, size)])

    def add(self, leaf: bytes) -> list[tuple[NodePlace, bytes]]:
        """Add the hash of a leaf; the subtrees that are whole with it, the leaf itself first."""
        place, made = NodePlace(0, self.size), leaf
        new = [(place, made)]
        while self.size >> place.level & 1:
            place = NodePlace(place.level + 1, place.number >> 1)
            made = self.hashing.inner(self._edge.pop(), made)
            new.append((place, made))
        self._edge.append(made)
        self.size += 1
        return new

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return joined(self.hashing, self._edge)


def joined(hashing: TreeHash, subtrees: Sequence[bytes]) -> bytes:
    """The root of a tree from its whole subtrees, the largest first; of none, the root of the empty tree."""
    if not subtrees:
        return hashing.empty()
    *rest, root = subtrees
    for left in reversed(rest):
        root = hashing.inner(left, root)
    return root


def root_between(hashing: TreeHash, first: int, end: int, find: FindNode) -> bytes:
    """The root over the leaves from ``first`` on and before ``end``, a subtree of some tree."""
    return joined(hashing, list(map(find, whole_subtrees(first, end))))
