"""The map of heads (各事项末端): for each checkpoint, the last event of each case in the log.

A log proves what is in it, but not that nothing is missing. So a checkpoint also has the root of a map from each case
to its last event in the log: to whoever keeps a checkpoint it can be proved where a case ended then, or that it had not
begun. The acts about a case have a head of their own; since they are in one chain with the acts on all other cases,
their head covers each of them (:func:`digest_of_acts`).

The map is a radix tree over 256-bit keys, SHA-256 digests of what the head belongs to, so that a proof names no other
case. A branch is at the first bit in which the keys below it differ, so the tree depends only on its content.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from domain.log.proofs import ProofWrong
from domain.log.tree import HASH_BYTES, INNER, LEAF, TreeHash

KEY_BITS: Final = 8 * HASH_BYTES
_NUMBER: Final = 8
"""Bytes of an event's number."""


class Hashes(NamedTuple):
    """The hashes of a node by both algorithms; the SHA-256 one is its name."""

    sha256: bytes
    sm3: bytes


_HASHING: Final = TreeHash("sha256"), TreeHash("sm3")
NOTHING: Final = Hashes(_HASHING[0].empty(), _HASHING[1].empty())
"""The root of an empty map."""


@dataclass(frozen=True)
class LogHead:
    """A head: its key, the number of the last event (or act), and a digest of 32 bytes.

    The digest of an event covers those before it; for acts, it is over all acts about the case.
    """

    key: bytes
    seq: int
    digest: bytes

    def content(self, _: Callable[[Hashes], bytes]) -> bytes:
        """The content to be hashed, by either algorithm."""
        return self.written()

    def written(self) -> bytes:
        """How it is kept."""
        return LEAF + self.key + self.seq.to_bytes(_NUMBER, "big") + self.digest


@dataclass(frozen=True)
class HeadBranch:
    """A branch at bit number ``bit`` (from 0): the left side has the keys with 0 there.

    ``prefix``: the bits before it, common to all keys below, padded with zeros.
    """

    bit: int
    prefix: bytes
    left: Hashes
    right: Hashes

    def content(self, of: Callable[[Hashes], bytes]) -> bytes:
        """The content to be hashed by the algorithm that ``of`` chooses."""
        return INNER + bytes([self.bit]) + self.prefix + of(self.left) + of(self.right)

    def is_whole(self) -> bool:
        """Whether the prefix ends before the bit."""
        return self.prefix == prefix_of(self.prefix, self.bit)

    def leads_to(self, key: bytes) -> bool:
        """Whether a key has the prefix."""
        return first_difference(self.prefix, key) >= self.bit

    def side(self, key: bytes) -> Hashes:
        """The side of a key with the prefix."""
        return self.right if bit_of(key, self.bit) else self.left

    def written(self) -> bytes:
        """How it is kept, with the hashes of both sides by both algorithms."""
        return INNER + bytes([self.bit]) + self.prefix + b"".join((*self.left, *self.right))


HeadNode = LogHead | HeadBranch
FindHeads = Callable[[Collection[bytes]], Mapping[bytes, HeadNode]]
"""Returns the nodes with these names, from storage."""


@dataclass(frozen=True)
class HeadWay:
    """The path from the root of a map to a key: the branches, the sibling at each, and the end.

    The end is the key's own head, or the node in its place; None in an empty map.
    """

    bits: Sequence[int]
    others: Sequence[Hashes]
    end: HeadNode | None


def key_of_case(request_id: str) -> bytes:
    """The key of the head of a case's events."""
    return hashlib.sha256(f"case {request_id}".encode()).digest()


def key_of_acts(request_id: str) -> bytes:
    """The key of the head of the acts about a case."""
    return hashlib.sha256(f"acts {request_id}".encode()).digest()


def digest_of_acts(digests: Iterable[bytes]) -> bytes:
    """The digest over the digests of the acts about a case, in order."""
    covers = hashlib.sha256()
    for digest in digests:
        covers = hashlib.sha256(covers.digest() + digest)
    return covers.digest()


KEYS_OF_A_CASE: Final[Sequence[tuple[Literal["events", "acts"], Callable[[str], bytes]]]] = (
    ("events", key_of_case),
    ("acts", key_of_acts),
)
"""The kinds of heads of a case, each with the function for its key."""


def first_difference(one: bytes, other: bytes) -> int:
    """The first bit in which two keys differ; ``KEY_BITS`` if they are equal."""
    return KEY_BITS - (int.from_bytes(one) ^ int.from_bytes(other)).bit_length()


def bit_of(key: bytes, number: int) -> int:
    """One bit of a key."""
    return key[number >> 3] >> (7 - (number & 7)) & 1


def prefix_of(key: bytes, bits: int) -> bytes:
    """The first bits of a key, padded with zeros."""
    rest = KEY_BITS - bits
    return (int.from_bytes(key) >> rest << rest).to_bytes(HASH_BYTES)


def node_in(written: bytes) -> HeadNode:
    """The node in its stored form. Raises ValueError for anything else."""
    kind, rest = written[:1], written[1:]
    if kind == LEAF and len(rest) == 2 * HASH_BYTES + _NUMBER:
        key, number, digest = rest[:HASH_BYTES], rest[HASH_BYTES:-HASH_BYTES], rest[-HASH_BYTES:]
        return LogHead(key, int.from_bytes(number), digest)
    if kind == INNER and len(rest) == 1 + 5 * HASH_BYTES:
        prefix, *sides = (rest[at : at + HASH_BYTES] for at in range(1, len(rest), HASH_BYTES))
        return HeadBranch(rest[0], prefix, Hashes(*sides[:2]), Hashes(*sides[2:]))
    raise ValueError("It is neither a head nor a branch.")


def hashes_of(node: HeadNode) -> Hashes:
    """The hashes of a node by both algorithms."""
    sha256, sm3 = _HASHING
    return Hashes(sha256.of(node.content(_by_sha256)), sm3.of(node.content(_by_sm3)))


def _by_sha256(hashes: Hashes) -> bytes:
    return hashes.sha256


def _by_sm3(hashes: Hashes) -> bytes:
    return hashes.sm3


def nodes_towards(roots: Collection[bytes], keys: Collection[bytes], find: FindHeads) -> dict[bytes, HeadNode]:
    """The nodes on the paths from some roots to some keys, loaded level by level, with few queries for many paths."""
    known: dict[bytes, HeadNode] = {}
    wanted = {root: list(keys) for root in roots if root != NOTHING.sha256}
    while wanted:
        found = find(wanted.keys())
        known.update(found)
        below: dict[bytes, list[bytes]] = {}
        for name, here in wanted.items():
            node = found[name]
            if isinstance(node, HeadBranch):
                for key in here:
                    if node.leads_to(key):
                        below.setdefault(node.side(key).sha256, []).append(key)
        wanted = {name: here for name, here in below.items() if name not in known}
    return known


def with_heads(
    root: Hashes, heads: Sequence[LogHead], known: Mapping[bytes, HeadNode]
) -> tuple[Hashes, dict[Hashes, HeadNode]]:
    """The map with these heads set: its root, and the new nodes.

    ``known`` has the nodes on the paths to them (:func:`nodes_towards`). There is at most one head for each key.
    """
    made: dict[Hashes, HeadNode] = {}
    ordered = sorted(heads, key=lambda head: head.key)
    now = _merged(root, ordered, known, made) if ordered else root
    return now, {hashes: node for hashes, node in made.items() if hashes.sha256 not in known}


def _merged(
    at: Hashes, heads: Sequence[LogHead], known: Mapping[bytes, HeadNode], made: dict[Hashes, HeadNode]
) -> Hashes:
    """The node at a place after setting these heads, which are in order."""
    if not heads:
        return at
    if at == NOTHING:
        return _built(heads, made)
    node = known[at.sha256]
    if isinstance(node, LogHead):
        rest = [node] if all(head.key != node.key for head in heads) else []
        return _built(sorted([*heads, *rest], key=lambda head: head.key), made)
    bit = min(node.bit, *(first_difference(head.key, node.prefix) for head in heads))
    left = [head for head in heads if not bit_of(head.key, bit)]
    right = [head for head in heads if bit_of(head.key, bit)]
    if bit == node.bit:
        sides = _merged(node.left, left, known, made), _merged(node.right, right, known, made)
    elif bit_of(node.prefix, bit):
        sides = _built(left, made), _merged(at, right, known, made)
    else:
        sides = _merged(at, left, known, made), _built(right, made)
    return _noted(HeadBranch(bit, prefix_of(node.prefix, bit), *sides), made)


def _built(heads: Sequence[LogHead], made: dict[Hashes, HeadNode]) -> Hashes:
    """A tree of heads in the order of their keys."""
    if len(heads) == 1:
        return _noted(heads[0], made)
    bit = first_difference(heads[0].key, heads[-1].key)
    middle = next(place for place, head in enumerate(heads) if bit_of(head.key, bit))
    sides = _built(heads[:middle], made), _built(heads[middle:], made)
    return _noted(HeadBranch(bit, prefix_of(heads[0].key, bit), *sides), made)


def _noted(node: HeadNode, made: dict[Hashes, HeadNode]) -> Hashes:
    hashes = hashes_of(node)
    made[hashes] = node
    return hashes


def way_to(root: Hashes, key: bytes, known: Mapping[bytes, HeadNode]) -> HeadWay:
    """The path from a root to a key."""
    bits: list[int] = []
    others: list[Hashes] = []
    if root == NOTHING:
        return HeadWay(bits, others, None)
    node = known[root.sha256]
    while isinstance(node, HeadBranch) and node.leads_to(key):
        bits.append(node.bit)
        others.append(node.left if bit_of(key, node.bit) else node.right)
        node = known[node.side(key).sha256]
    return HeadWay(bits, others, node)


def head_at(root: Hashes, key: bytes, way: HeadWay) -> LogHead | None:
    """The head of a key in the map of this root, according to a path; None if it has none.

    Raises ProofWrong if the path does not lead there.
    """
    if list(way.bits) != sorted(set(way.bits)) or any(not 0 <= bit < KEY_BITS for bit in way.bits):
        raise ProofWrong("its branches do not follow one another")
    if len(way.bits) != len(way.others):
        raise ProofWrong("it has not one other side for each branch")
    end, last = way.end, way.bits[-1] if way.bits else -1
    if isinstance(end, HeadBranch) and (end.bit <= last or end.leads_to(key) or not end.is_whole()):
        raise ProofWrong("it ends before the key")
    if end is not None and _common(end, key) <= last:
        raise ProofWrong("it ends elsewhere")
    here = NOTHING if end is None else hashes_of(end)
    for bit, other in zip(reversed(way.bits), reversed(way.others), strict=True):
        sides = (other, here) if bit_of(key, bit) else (here, other)
        here = hashes_of(HeadBranch(bit, prefix_of(key, bit), *sides))
    if here != root or (end is None and way.bits):
        raise ProofWrong("it does not lead to the root")
    return end if isinstance(end, LogHead) and end.key == key else None


def _common(end: HeadNode, key: bytes) -> int:
    """The number of leading bits that a node has in common with a key."""
    return first_difference(end.key if isinstance(end, LogHead) else end.prefix, key)
