"""Inclusion and consistency proofs (RFC 6962 sections 2.1.1 and 2.1.2): an entry is in the log; the log only grew.

They are verified with nothing but a checkpoint, as in RFC 9162 sections 2.1.3.2 and 2.1.4.2.
"""

from collections.abc import Sequence

from domain.log.tree import HASH_BYTES, FindNode, TreeHash, root_between


class ProofWrong(Exception):
    """An invalid proof: it does not fit the sizes, or does not lead to the root."""


def inclusion(hashing: TreeHash, index: int, size: int, find: FindNode) -> list[bytes]:
    """The inclusion proof of leaf ``index`` (from 0) in the tree of ``size`` leaves: the path to the root, from below.

    Raises ValueError for a leaf that is not in the tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}.")
    path: list[bytes] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _left_size(end - first)
        if index < middle:
            path.append(root_between(hashing, middle, end, find))
            end = middle
        else:
            path.append(root_between(hashing, first, middle, find))
            first = middle
    return path[::-1]


def consistency(hashing: TreeHash, old: int, new: int, find: FindNode) -> list[bytes]:
    """The proof that the tree of ``new`` leaves begins with the ``old`` leaves of an earlier one.

    Empty for an empty or an equal tree. Raises ValueError unless 0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise ValueError(f"A tree of {new} leaves does not come after one of {old}.")
    if old in (0, new):
        return []
    path: list[bytes] = []
    first, end = 0, new
    whole = True  # the old tree is itself a subtree on this path, and its root is known
    while end != old:
        middle = first + _left_size(end - first)
        if old <= middle:
            path.append(root_between(hashing, middle, end, find))
            end = middle
        else:
            path.append(root_between(hashing, first, middle, find))
            first, whole = middle, False
    if not whole:
        path.append(root_between(hashing, first, end, find))
    return path[::-1]


def _left_size(size: int) -> int:
    """The number of leaves of the left subtree: the largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1


def check_inclusion(hashing: TreeHash, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Raises ProofWrong unless the path leads from this leaf hash, at this place, to the root of the tree."""
    _check_hashes(path)
    if not 0 <= index < size:
        raise ProofWrong(f"a tree of {size} entries has none at place {index}")
    place, last, made = index, size - 1, leaf
    for beside in path:
        if last == 0:
            raise ProofWrong("the proof goes on beyond the root")
        if place & 1 or place == last:
            made = hashing.inner(beside, made)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            made = hashing.inner(made, beside)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofWrong("the proof ends below the root")
    if made != root:
        raise ProofWrong("the proof leads to another root")


def check_consistency(
    hashing: TreeHash, old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Raises ProofWrong unless the path proves that the tree of ``new`` leaves begins with that of ``old`` ones."""
    _check_hashes(path)
    if not 0 <= old <= new:
        raise ProofWrong(f"a log of {new} entries does not come after one of {old}")
    if old in (0, new):
        _check_nothing_to_prove(hashing, old, old_root, new, new_root, path)
        return
    steps = [old_root, *path] if old.bit_count() == 1 else list(path)
    if not steps:
        raise ProofWrong("the proof ends below the root")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    was = now = steps[0]
    for beside in steps[1:]:
        if last == 0:
            raise ProofWrong("the proof goes on beyond the root")
        if place & 1 or place == last:
            was, now = hashing.inner(beside, was), hashing.inner(beside, now)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            now = hashing.inner(now, beside)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofWrong("the proof ends below the root")
    if was != old_root:
        raise ProofWrong("the proof does not lead to the root of the earlier log")
    if now != new_root:
        raise ProofWrong("the proof does not lead to the root of the later log")


def _check_nothing_to_prove(
    hashing: TreeHash, old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]
) -> None:
    if path:
        raise ProofWrong("there is nothing to prove, and yet a proof")
    if old == 0 and old_root != hashing.empty():
        raise ProofWrong("a log without entries has another root")
    if old == new and old_root != new_root:
        raise ProofWrong("two logs of the same size have different roots")


def _check_hashes(path: Sequence[bytes]) -> None:
    if any(len(each) != HASH_BYTES for each in path):
        raise ProofWrong(f"a proof consists of hashes of {HASH_BYTES} bytes")
