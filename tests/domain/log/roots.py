"""The root of a tree, from its leaves."""

from collections.abc import Iterable

from domain.log.tree import GrowingTree, TreeHash


def root_of(hashing: TreeHash, leaves: Iterable[bytes]) -> bytes:
    """The root over these hashes of leaves."""
    tree = GrowingTree(hashing)
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()
