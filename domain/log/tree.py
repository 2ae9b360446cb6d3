"""The Merkle tree of the log (默克尔树), by RFC 6962 section 2.1.

The leaves are the entries of the log in order. Complete subtrees never change, so a tree is stored as the hashes of its
complete subtrees: level 0 has the leaves, level 1 pairs of leaves, and so on. The root of n leaves takes about log2(n)
of these, and each further leaf adds about two.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from domain.engine.records import Algorithm

LEAF, INNER = b"\x00", b"\x01"
"""Prefixes of leaves and of inner nodes before hashing, so that neither can pass for the other."""
HASH_BYTES: Final = 32


class NodePlace(NamedTuple):
    """The place of a complete subtree: it covers ``2**level`` leaves, from ``number * 2**level`` on."""

    level: int
    number: int


FindNode = Callable[[NodePlace], bytes]
"""Returns the hash of a complete subtree from storage. Raises LookupError if it is not there."""


@dataclass(frozen=True)
class TreeHash:
    """The hash function of a tree: SHA-256, as in the RFC, or SM3 (GB/T 32905, 国密) instead.

    Raises ValueError if this machine lacks the algorithm.
    """

    algorithm: Algorithm
    _begun: "hashlib._Hash" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check once that the algorithm exists, and keep hash objects to copy, which is faster than creating them."""
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
        """The hash of the serialised form of a leaf or a node."""
        hashed = self._begun.copy()
        hashed.update(content)
        return hashed.digest()


def whole_subtrees(first: int, end: int) -> Iterator[NodePlace]:
    """The fewest complete subtrees that cover the leaves from ``first`` to before ``end``, from left to right.

    A subtree of that size must be able to begin at ``first``, as is the case for every subtree of a tree.
    """
    while first < end:
        room = (end - first).bit_length() - 1
        level = min(room, (first & -first).bit_length() - 1) if first else room
        yield NodePlace(level, first >> level)
        first += 1 << level


class GrowingTree:
    """A growing tree, which keeps only the complete subtrees on its right edge.

    ``edge`` are their hashes, largest first, as :func:`whole_subtrees` lists them for ``size`` leaves. Raises
    ValueError for an edge of the wrong length.
    """

    def __init__(self, hashing: TreeHash, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        if len(edge) != size.bit_count():
            raise ValueError(f"A tree of {size} leaves has {size.bit_count()} whole subtrees, not {len(edge)}.")
        self.hashing = hashing
        self.size = size
        self._edge = list(edge)

    @classmethod
    def kept(cls, hashing: TreeHash, size: int, find: FindNode) -> "GrowingTree":
        """The tree of ``size`` leaves, from its stored subtrees."""
        return cls(hashing, size, [find(place) for place in whole_subtrees(0, size)])

    def add(self, leaf: bytes) -> list[tuple[NodePlace, bytes]]:
        """Add the hash of a leaf; returns the subtrees that it completes, the leaf itself first."""
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
        """The current root."""
        return joined(self.hashing, self._edge)


def joined(hashing: TreeHash, subtrees: Sequence[bytes]) -> bytes:
    """The root of a tree from its complete subtrees, largest first; without any, the root of the empty tree."""
    if not subtrees:
        return hashing.empty()
    *rest, root = subtrees
    for left in reversed(rest):
        root = hashing.inner(left, root)
    return root


def root_between(hashing: TreeHash, first: int, end: int, find: FindNode) -> bytes:
    """The root of the leaves from ``first`` to before ``end``, a subtree of some tree."""
    return joined(hashing, list(map(find, whole_subtrees(first, end))))
